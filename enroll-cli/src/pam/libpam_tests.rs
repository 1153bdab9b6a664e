//! The reading and the walk against libpam itself, on stacks made at random.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use super::code::{self, Code};
use super::dispatch::{Jumps, authenticate, setcred};
use super::libpam;
use super::root::Root;
use super::stack::{Facility, Handler, What, load};

/// A generator that gives the same stacks every time: xorshift64*.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(high).unwrap() % end
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

/// The codes that a module of these tests returns; `incomplete` would end the walk half way.
const RETURNS: [&str; 11] = [
    "success",
    "success",
    "success",
    "success",
    "success",
    "auth_err",
    "ignore",
    "user_unknown",
    "maxtries",
    "new_authtok_reqd",
    "authinfo_unavail",
];

fn control(dice: &mut Dice) -> String {
    let words = [
        "required",
        "requisite",
        "sufficient",
        "optional",
        "Required",
        "OPTIONAL",
    ];
    if dice.below(5) < 2 {
        return dice.one(&words).to_owned();
    }
    let mut pairs = String::from("[");
    for _ in 0..=dice.below(3) {
        let code = match dice.below(3) {
            0 => "success",
            1 => "default",
            _ => dice.one(&RETURNS),
        };
        let action = match dice.below(40) {
            0 => dice.one(&["end", "0", "2x", "9"]),
            _ => dice.one(&[
                "ok", "ok", "ok", "done", "bad", "die", "reset", "ignore", "1", "1", "2", "3",
            ]),
        };
        write!(pairs, "{code}{}{action} ", dice.one(&["=", "=", "=", " = "])).unwrap();
    }
    let closing = dice.one(&["default=ignore]", "default=bad]", "]"]);
    pairs + closing
}

fn lines(dice: &mut Dice, folder: &Path, deeper: usize) -> String {
    let mut text = String::from("#%PAM-1.0\n");
    for _ in 0..=dice.below(6) {
        let kind = dice.one(&["auth", "auth", "auth", "AUTH", "-auth", "account", "session"]);
        let kind = if dice.below(60) == 0 { "auht" } else { kind };
        let gap = dice.one(&[" ", "\t", "  \\\n\t", "   "]);
        if deeper > 0 && dice.below(4) == 0 {
            let word = dice.one(&["include", "substack", "substack"]);
            // In full: Debian's libpam looks for others in /etc/pam.d, whatever its folder is.
            let name = format!("{}/in{deeper}{}", folder.display(), dice.below(2));
            writeln!(text, "{kind}{gap}{word} {name}").unwrap();
            continue;
        }
        let control = control(dice);
        match dice.below(30) {
            0 => writeln!(text, "{kind} {control} pam_permit.so").unwrap(),
            1 => writeln!(text, "{kind}{gap}{control} pam_deny.so # no").unwrap(),
            2 => writeln!(text, "{kind} {control}").unwrap(),
            3 => writeln!(text, "{kind} {control} pam_nobody_has_this.so").unwrap(),
            4 => writeln!(text, "  # {kind} {control} pam_deny.so\n\n").unwrap(),
            _ => {
                let (auth, cred) = (dice.one(&RETURNS), dice.one(&RETURNS));
                writeln!(text, "{kind} {control}{gap}pam_debug.so auth={auth} cred={cred}").unwrap();
            }
        }
    }
    text
}

fn said(handler: &Handler, what: &str) -> Code {
    let What::Module { name, arguments } = &handler.what else {
        panic!("only modules are asked: {handler:?}");
    };
    match name.as_str() {
        "pam_permit.so" => code::SUCCESS,
        // pam_deny fails in pam_setcred with another code than in pam_authenticate.
        "pam_deny.so" if what == "cred" => 17,
        "pam_deny.so" => code::AUTH_ERR,
        "pam_debug.so" => {
            let prefix = format!("{what}=");
            let word = arguments
                .iter()
                .find_map(|argument| argument.strip_prefix(&prefix))
                .unwrap();
            Code::try_from(code::WORDS.iter().position(|known| *known == word).unwrap()).unwrap()
        }
        _ => code::MODULE_UNKNOWN,
    }
}

/// 2,000 stacks with 3 files each, the same ones every time.
const STACKS: u64 = 2_000;

#[test]
fn two_thousand_random_stacks_end_as_in_libpam() {
    let mut ended = [0_u32; code::COUNT];
    for seed in 1..=STACKS {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path();
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        for (deeper, level) in [(0, 1), (1, 2)] {
            for twin in 0..2 {
                let text = lines(&mut dice, folder, deeper);
                fs::write(folder.join(format!("in{level}{twin}")), text).unwrap();
            }
        }
        let text = lines(&mut dice, folder, 2);
        fs::write(folder.join("service"), &text).unwrap();
        fs::write(folder.join("other"), "auth required pam_deny.so\n").unwrap();
        // libpam's folder is all of pam.d; here it is the root, and named in full.
        let root = Root::at(Path::new("/"));
        let name = folder.join("service");
        let mut stack = load(&root, name.to_str().unwrap(), Facility::Auth).unwrap();
        if !stack.iter().any(|handler| handler.place.file.starts_with(folder)) {
            let other = folder.join("other");
            stack = load(&root, other.to_str().unwrap(), Facility::Auth).unwrap();
        }
        let here = authenticate(&stack, |at| said(&stack[at], "auth"));
        let there = libpam::walk(folder, "service");
        assert_eq!(i32::from(here.code), there.0, "seed {seed}:\n{text}\n{stack:#?}");
        ended[usize::from(here.code)] += 1;
        let cred =
            |jumps| i32::from(setcred(&stack, &here.returned, jumps, |at| said(&stack[at], "cred")).code);
        let jumps = if root.is_debian() {
            Jumps::Ignored
        } else {
            Jumps::Required
        };
        assert_eq!(cred(jumps), there.1, "setcred, seed {seed}:\n{text}");
    }
    // The comparison is worth something only when the stacks do not all end alike.
    let often = ended.iter().filter(|times| **times >= 20).count();
    assert!(ended[0] >= 200 && often >= 5, "{ended:?}");
}
