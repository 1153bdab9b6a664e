//! The control field: what each return code of a module does to the walk through the stack.

use super::code::{self, COUNT, Code};

/// What is done with a return code, `_PAM_ACTION_*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    Ignore,
    Ok,
    Done,
    Bad,
    Die,
    Reset,
    /// Skip so many of the following modules; never 0.
    Jump(u32),
}

/// An action for every return code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control([Action; COUNT]);

/// What a control field says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// A control in the sense above, and what libpam complains about, if it does.
    Control(Box<Control>, Option<&'static str>),
    /// `include`.
    Include,
    /// `substack`.
    Substack,
}

impl Control {
    /// `PAM_SUCCESS` and `PAM_NEW_AUTHTOK_REQD` do one thing, the others another.
    fn simple(good: Action, ignore: Action, rest: Action) -> Self {
        let mut actions = [rest; COUNT];
        actions[usize::from(code::SUCCESS)] = good;
        actions[usize::from(code::NEW_AUTHTOK_REQD)] = good;
        actions[usize::from(code::IGNORE)] = ignore;
        Self(actions)
    }

    /// Every code is a failure: how libpam treats a control it cannot read.
    pub fn bad() -> Self {
        Self([Action::Bad; COUNT])
    }

    /// What is done with `code`; a code that no module may return is a failure.
    pub fn action(&self, code: Code) -> Action {
        self.0.get(usize::from(code)).copied().unwrap_or(Action::Bad)
    }

    /// The jumps in it, changed; a jump of 0 is none at all.
    pub fn map_jumps(&self, mut change: impl FnMut(u32) -> u32) -> Self {
        Self(self.0.map(|action| match action {
            Action::Jump(skip) => match change(skip) {
                0 => Action::Ignore,
                skip => Action::Jump(skip),
            },
            other => other,
        }))
    }

    /// The numbers of modules that it can skip.
    pub fn jumps(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().filter_map(|action| match action {
            Action::Jump(skip) => Some(*skip),
            _ => None,
        })
    }
}

/// Reads a control field: a word in any case, or the inside of `[...]`.
pub fn field(text: &str) -> Field {
    use Action::{Bad, Die, Done, Ignore, Ok};
    let control = match text.to_ascii_lowercase().as_str() {
        "required" => Control::simple(Ok, Ignore, Bad),
        "requisite" => Control::simple(Ok, Ignore, Die),
        "optional" => Control::simple(Ok, Ignore, Ignore),
        "sufficient" => Control::simple(Done, Ignore, Ignore),
        "include" => return Field::Include,
        "substack" => return Field::Substack,
        _ => {
            return match pairs(text) {
                Result::Ok(control) => Field::Control(Box::new(control), None),
                Err(why) => Field::Control(Box::new(Control::bad()), Some(why)),
            };
        }
    };
    Field::Control(Box::new(control), None)
}

/// `_pam_parse_control`: pairs `code=action`, prefix by prefix as libpam compares them.
fn pairs(text: &str) -> Result<Control, &'static str> {
    const NAMED: [(&str, Action); 6] = [
        ("ignore", Action::Ignore),
        ("ok", Action::Ok),
        ("done", Action::Done),
        ("bad", Action::Bad),
        ("die", Action::Die),
        ("reset", Action::Reset),
    ];
    let space = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}');
    let mut actions: [Option<Action>; COUNT] = [None; COUNT];
    let mut rest = text.trim_start_matches(space);
    while !rest.is_empty() {
        let mut words = code::WORDS.iter().chain(std::iter::once(&"default"));
        let (place, word) = words
            .by_ref()
            .enumerate()
            .find(|(_, word)| rest.starts_with(**word))
            .ok_or("a return value is expected")?;
        rest = rest[word.len()..].trim_start_matches(space);
        rest = rest
            .strip_prefix('=')
            .ok_or("a \"=\" is expected")?
            .trim_start_matches(space);
        let action = match NAMED.iter().find(|(name, _)| rest.starts_with(name)) {
            Some((name, action)) => {
                rest = &rest[name.len()..];
                *action
            }
            None => {
                let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
                let (number, after) = rest.split_at(digits);
                rest = after;
                match number.parse() {
                    Ok(0) => return Err("a jump of 0 is not allowed"),
                    Ok(skip) => Action::Jump(skip),
                    Err(_) => return Err("an action or the number of modules to skip is expected"),
                }
            }
        };
        match actions.get_mut(place) {
            Some(one) => *one = Some(action),
            // `default`: what has not been named so far.
            None => actions.iter_mut().for_each(|one| *one = one.or(Some(action))),
        }
        rest = rest.trim_start_matches(space);
    }
    Ok(Control(actions.map(|action| action.unwrap_or(Action::Bad))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control(text: &str) -> Control {
        match field(text) {
            Field::Control(control, None) => *control,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn words_stand_for_what_the_manual_says() {
        assert_eq!(
            control("required"),
            control("success=ok new_authtok_reqd=ok ignore=ignore default=bad")
        );
        assert_eq!(
            control("REQUISITE"),
            control("success=ok new_authtok_reqd=ok ignore=ignore default=die")
        );
        assert_eq!(
            control("sufficient"),
            control("success=done new_authtok_reqd=done default=ignore")
        );
        assert_eq!(
            control("optional"),
            control("success=ok new_authtok_reqd=ok default=ignore")
        );
        assert_eq!(field("Include"), Field::Include);
        assert_eq!(field("substack"), Field::Substack);
    }

    #[test]
    fn a_default_fills_only_what_was_not_named_before_it() {
        let control = control(" default = die success=2 auth_err = reset");
        assert_eq!(control.action(code::SUCCESS), Action::Jump(2));
        assert_eq!(control.action(code::AUTH_ERR), Action::Reset);
        assert_eq!(control.action(code::IGNORE), Action::Die);
        assert_eq!(control.action(99), Action::Bad);
    }

    #[test]
    fn what_libpam_cannot_read_is_a_failure_whatever_the_module_returns() {
        for text in [
            "success=end default=ignore",
            "success",
            "success=0",
            "x=ok",
            "success=",
            "suficient",
        ] {
            assert!(
                matches!(field(text), Field::Control(control, Some(_)) if *control == Control::bad()),
                "{text}"
            );
        }
    }

    #[test]
    fn jumps_are_changed_and_none_is_left_of_a_jump_of_zero() {
        let short = control("success=2 ignore=1 default=bad").map_jumps(|skip| skip - 1);
        assert_eq!(short, control("success=1 ignore=ignore default=bad"));
        assert_eq!(short.jumps().collect::<Vec<_>>(), [1]);
    }
}
