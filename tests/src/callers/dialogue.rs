//! What passes between a program and a person until one is in or refused, whichever questions come.

use super::Pty;

/// The module's own question.
pub const FACE_PROMPT: &str = "Password, or Enter to use your face: ";

/// What ends every other question for a password: sudo's, and pam_unix's own.
const PASSWORD_PROMPTS: [&str; 2] = ["Password: ", "] password for "];

/// What the person does.
#[derive(Clone, Copy, Debug)]
pub struct Hand<'a> {
    /// The answer to the module's question; empty is Enter.
    pub at_face: &'a str,
    /// The answer to a question for a password.
    pub at_password: &'a str,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// In, as this uid.
    In(u32),
    /// Not in.
    Refused,
}

/// What happened.
#[derive(Clone, Debug)]
pub struct Talk {
    /// How it ended.
    pub ended: Ended,
    /// The module's questions.
    pub face_prompts: u32,
    /// Questions for a password.
    pub password_prompts: u32,
    /// All that was shown.
    pub shown: String,
}

/// What whoever is let in shows: followed by a uid, and in no command as it is typed.
const MARK: &str = "inside=";

/// The command that shows it.
pub const SHOW: &str = "echo inside'='$(id -u)";

impl Hand<'_> {
    /// Answers until the program lets somebody in, says one of `refusals`, or ends. What is let in must run `SHOW` by
    /// itself, or show a prompt ending in `$ ` or `# ` at which it is typed.
    #[track_caller]
    pub fn talk(&self, pty: &mut Pty, refusals: &[&str]) -> Talk {
        let (mut face_prompts, mut password_prompts) = (0, 0);
        let ended = loop {
            let mut texts = vec![
                FACE_PROMPT,
                PASSWORD_PROMPTS[0],
                PASSWORD_PROMPTS[1],
                MARK,
                "$ ",
                "# ",
            ];
            texts.extend(refusals);
            let which = pty.expect_or_end(&texts);
            match which {
                Some(0) => {
                    face_prompts += 1;
                    pty.secret(self.at_face);
                }
                Some(1 | 2) => {
                    password_prompts += 1;
                    pty.secret(self.at_password);
                }
                Some(3) => {
                    pty.expect(&["\n"]);
                    break Ended::In(uid(pty.shown()));
                }
                Some(4 | 5) => pty.line(&format!("{SHOW}; exit")),
                Some(_) | None => break Ended::Refused,
            }
        };
        Talk {
            ended,
            face_prompts,
            password_prompts,
            shown: pty.shown().to_owned(),
        }
    }
}

fn uid(shown: &str) -> u32 {
    let digits = |rest: &str| rest.chars().take_while(char::is_ascii_digit).collect::<String>();
    let found = shown.rsplit(MARK).next().map(digits);
    match found.as_deref().map(str::parse) {
        Some(Ok(uid)) => uid,
        _ => panic!("no uid: {shown}"),
    }
}
