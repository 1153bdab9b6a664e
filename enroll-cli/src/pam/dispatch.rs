//! `_pam_dispatch_aux` of Linux-PAM: the walk through a stack, code by code.

use super::code::{self, COUNT, Code};
use super::control::Action;
use super::stack::{Handler, What};

/// What a module's cached code does in `pam_setcred` when its action is a jump: Debian's libpam ignores the module and
/// jumps, the upstream one takes its answer as `required` and jumps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jumps {
    Ignored,
    Required,
}

/// How a walk ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What the application gets.
    pub code: Code,
    /// For each handler: what it returned, if it was called.
    pub returned: Vec<Option<Code>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Impression {
    Undefined,
    Positive,
    Negative,
}

#[derive(Clone, Copy)]
struct State {
    impression: Impression,
    status: Code,
}

/// `pam_authenticate`. `module` is asked once for each module that is called, by its place in `stack`.
pub fn authenticate(stack: &[Handler], module: impl FnMut(usize) -> Code) -> Outcome {
    walk(stack, None, module)
}

/// `pam_setcred` after an [`authenticate`] in which the modules returned `cached`.
pub fn setcred(
    stack: &[Handler],
    cached: &[Option<Code>],
    jumps: Jumps,
    module: impl FnMut(usize) -> Code,
) -> Outcome {
    walk(stack, Some((cached, jumps)), module)
}

fn walk(
    stack: &[Handler],
    frozen: Option<(&[Option<Code>], Jumps)>,
    mut module: impl FnMut(usize) -> Code,
) -> Outcome {
    let mut returned = vec![None; stack.len()];
    let mut now = State {
        impression: Impression::Undefined,
        status: code::PERM_DENIED,
    };
    // What it was when each level of substacks was entered.
    let mut entered = vec![now];
    let mut previous = 0;
    let mut at = 0;
    while let Some(handler) = stack.get(at) {
        let level = handler.level;
        if previous < level {
            entered.resize(level + 1, now);
            entered[level] = now;
        }
        previous = level;
        let answer = match &handler.what {
            What::Substack => {
                at += 1;
                continue;
            }
            What::MustFail => code::PERM_DENIED,
            What::Module { .. } => module(at),
        };
        returned[at] = Some(answer);
        if answer == code::INCOMPLETE {
            return Outcome {
                code: answer,
                returned,
            };
        }
        let decisive = match frozen {
            Some((cached, _)) => cached.get(at).copied().flatten().unwrap_or(answer),
            None => answer,
        };
        let action = handler.control.action(decisive);
        let answer = if usize::from(decisive) < COUNT {
            answer
        } else {
            code::PERM_DENIED
        };
        let take = |now: &mut State| {
            let open = now.impression == Impression::Undefined
                || (now.impression == Impression::Positive && now.status == code::SUCCESS);
            if open && (answer != code::IGNORE || decisive == answer) {
                *now = State {
                    impression: Impression::Positive,
                    status: answer,
                };
            }
        };
        let mut decided = false;
        match action {
            Action::Ignore => {}
            Action::Reset => now = entered[level],
            Action::Ok | Action::Done => {
                take(&mut now);
                decided = action == Action::Done && now.impression == Impression::Positive;
            }
            Action::Bad | Action::Die => {
                if now.impression != Impression::Negative {
                    let status = if answer == code::IGNORE {
                        code::PERM_DENIED
                    } else {
                        answer
                    };
                    now = State {
                        impression: Impression::Negative,
                        status,
                    };
                }
                decided = action == Action::Die;
            }
            Action::Jump(skip) => {
                if matches!(frozen, Some((_, Jumps::Required))) {
                    take(&mut now);
                }
                let (last, missing) = skipped(stack, at, skip);
                at = last;
                if missing {
                    now = State {
                        impression: Impression::Negative,
                        status: code::PERM_DENIED,
                    };
                }
            }
        }
        if decided {
            while stack.get(at + 1).is_some_and(|next| next.level >= level) {
                at += 1;
            }
        }
        at += 1;
    }
    let lost = now.status == code::SUCCESS && now.impression != Impression::Positive;
    Outcome {
        code: if lost { code::PERM_DENIED } else { now.status },
        returned,
    }
}

/// The last handler that a jump over `skip` modules from `from` passes, and whether the stack ended before. A substack
/// counts as one.
pub fn skipped(stack: &[Handler], from: usize, skip: u32) -> (usize, bool) {
    let level = stack[from].level;
    let mut at = from;
    let mut left = skip;
    while left > 0 && stack.get(at + 1).is_some_and(|next| next.level >= level) {
        at += 1;
        while stack.get(at + 1).is_some_and(|next| next.level > level) {
            at += 1;
        }
        left -= 1;
    }
    (at, left > 0)
}
