//! What the camera can be told.

use std::path::PathBuf;

use super::fault::Fault;

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Puts the pictures of a folder in front of it.
    Show(PathBuf),
    /// Something goes wrong, for so many frames or until further notice.
    Fault(Fault, Option<u64>),
    /// Pulls it out.
    Unplug,
    /// Plugs it in, at this port or at the one it was at.
    Plug(Option<u32>),
    /// What it says of itself: all of it, or what goes by this name, as `colour.node`.
    State(Option<String>),
}

/// Why a command is none.
#[derive(Debug, thiserror::Error)]
pub enum Unknown {
    /// It is none of the commands.
    #[error("{0:?} is no command; say show FOLDER, fault NAME [COUNT], unplug, plug [PORT] or state [NAME]")]
    Command(String),
    /// It is none of the faults.
    #[error(
        "{0:?} is no fault; say none, black, white, frozen, silent, slow, short, corrupt, flagged or flat"
    )]
    Fault(String),
    /// It is no number.
    #[error("{0:?} is not a number")]
    Number(String),
}

impl Command {
    /// From its words.
    ///
    /// # Errors
    /// [`Unknown`], naming the word.
    pub fn parse(words: &[String]) -> Result<Self, Unknown> {
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        match words[..] {
            ["show", folder] => Ok(Self::Show(folder.into())),
            ["fault", name] => Ok(Self::Fault(fault(name)?, None)),
            ["fault", name, count] => Ok(Self::Fault(fault(name)?, Some(number(count)?))),
            ["unplug"] => Ok(Self::Unplug),
            ["plug"] => Ok(Self::Plug(None)),
            ["plug", port] => Ok(Self::Plug(Some(number(port)?))),
            ["state"] => Ok(Self::State(None)),
            ["state", key] => Ok(Self::State(Some(key.into()))),
            _ => Err(Unknown::Command(words.join(" "))),
        }
    }
}

fn fault(name: &str) -> Result<Fault, Unknown> {
    Fault::named(name).ok_or_else(|| Unknown::Fault(name.into()))
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, Unknown> {
    text.parse().map_err(|_| Unknown::Number(text.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command, Unknown> {
        let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
        Command::parse(&words)
    }

    #[test]
    fn commands_are_read() {
        for (line, command) in [
            ("show /scenes/known", Command::Show("/scenes/known".into())),
            ("fault stuck", Command::Fault(Fault::Silent, None)),
            ("fault short 3", Command::Fault(Fault::Short, Some(3))),
            ("unplug", Command::Unplug),
            ("plug", Command::Plug(None)),
            ("plug 2", Command::Plug(Some(2))),
            ("state", Command::State(None)),
            ("state colour.node", Command::State(Some("colour.node".into()))),
        ] {
            assert_eq!(parse(line).expect(line), command);
        }
    }

    #[test]
    fn what_is_no_command_says_what_is() {
        for (line, said) in [
            ("stop", "say show FOLDER"),
            ("show", "say show FOLDER"),
            ("fault odd", "say none, black"),
            ("fault short many", "\"many\" is not a number"),
            ("plug -1", "\"-1\" is not a number"),
        ] {
            let error = parse(line).expect_err(line).to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
