//! What a stack does with a face and with a password, by trying every outcome.
//!
//! The stack is compared with itself without this project's lines. For everything else in it each ordinary outcome is
//! tried (see `modules`), so that the answers hold whatever those modules say: the password opens what it opened before,
//! a matching face opens what a password opens, and nothing opens that was shut.

use serde::Serialize;

use super::code::{self, Code};
use super::control::Action;
use super::dispatch::{self, Jumps, authenticate};
use super::modules::{Role, may_ask, role};
use super::stack::{Handler, NotUnderstood, Place, What, without};

/// What the module returns when the face is not the user's, is not asked, or cannot be; the last when its file is gone.
const NO_FACE: [Code; 7] = [
    code::AUTH_ERR,
    code::AUTHINFO_UNAVAIL,
    code::MAXTRIES,
    code::USER_UNKNOWN,
    code::SERVICE_ERR,
    code::CONV_ERR,
    code::MODULE_UNKNOWN,
];

/// More ways than this are not tried.
const MOST_WAYS: usize = 1 << 14;

/// What becomes of the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Password {
    /// It opens whatever it would open without the face.
    Works,
    /// With the face in the stack it no longer opens something that it opened.
    Broken,
    /// No module that is known to check one can let anybody in.
    NotAsked,
}

/// The four answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Analysis {
    /// Where the module is asked for a face, if it is.
    pub reached: Option<Place>,
    pub password: Password,
    /// The modules that check a password, each of which can let somebody in by itself.
    pub checkers: Vec<String>,
    /// A matching face is enough wherever the password is, credentials included.
    pub face_enough: bool,
    /// Somebody gets in with neither who would not get in without the face's lines.
    pub open: bool,
    /// A matching face gets in where a right password would not: past a lock, `pam_nologin` or the like.
    pub face_opens_more: bool,
}

/// One way in which the modules may answer.
#[derive(Clone, Copy)]
struct Way<'w> {
    /// What the other modules return, by place in the whole stack.
    others: &'w [Code],
    /// What the face's module returns.
    face: Code,
    /// The module that finds the password right, if one does.
    right: Option<&'w str>,
}

/// Answers for the `auth` stack.
pub fn analyse(stack: &[Handler]) -> Result<Analysis, NotUnderstood> {
    let roles: Vec<Role> = stack.iter().map(role_of).collect();
    let ours = |at: usize| matches!(roles[at], Role::Face | Role::Note);
    let bare = without(stack, ours);
    let bare_places: Vec<usize> = (0..stack.len()).filter(|at| !ours(*at)).collect();
    let mut checkers: Vec<&str> = Vec::new();
    for (handler, role) in stack.iter().zip(&roles) {
        if let (What::Module { name, .. }, Role::Password) = (&handler.what, role)
            && !checkers.contains(&name.as_str())
        {
            checkers.push(name);
        }
    }
    let mut found = Analysis {
        reached: None,
        password: Password::NotAsked,
        checkers: Vec::new(),
        face_enough: true,
        open: false,
        face_opens_more: false,
    };
    let mut face_where_none = false;
    for others in ways(stack, &roles)? {
        let walk = |way: Way<'_>| {
            let mut typed = false;
            authenticate(stack, |at| answer(stack, &roles, at, way, &mut typed))
        };
        let walk_bare = |way: Way<'_>| {
            let mut typed = false;
            let said = |at: usize| answer(stack, &roles, bare_places[at], way, &mut typed);
            authenticate(&bare, said).code == code::SUCCESS
        };
        let way = |face, right| Way {
            others: &others,
            face,
            right,
        };
        let nobody = walk_bare(way(code::AUTH_ERR, None));
        let matched = walk(way(code::SUCCESS, None));
        let by_face = matched.code == code::SUCCESS && with_credentials(stack, &matched.returned);
        let mut by_password = false;
        for checker in &checkers {
            if !walk_bare(way(code::AUTH_ERR, Some(checker))) {
                continue;
            }
            by_password = true;
            // Who gets in with nothing does not need the password.
            if !nobody && !found.checkers.iter().any(|known| known == checker) {
                found.checkers.push((*checker).to_owned());
            }
            if found.password == Password::NotAsked && !nobody {
                found.password = Password::Works;
            }
            let works = NO_FACE
                .iter()
                .all(|face| walk(way(*face, Some(checker))).code == code::SUCCESS);
            if !works {
                found.password = Password::Broken;
            }
        }
        for face in NO_FACE {
            let walked = walk(way(face, None));
            found.open |= walked.code == code::SUCCESS && !nobody;
            let asked = |at: &usize| roles[*at] == Role::Face && walked.returned[*at].is_some();
            if found.reached.is_none() {
                found.reached = (0..stack.len()).find(asked).map(|at| stack[at].place.clone());
            }
        }
        found.face_enough &= by_face || !by_password;
        found.face_opens_more |= by_face && !by_password && !nobody;
        face_where_none |= by_face;
    }
    // A service of the face alone, such as `kde-face`.
    if found.password == Password::NotAsked {
        found.face_enough = face_where_none;
        found.face_opens_more = false;
    }
    found.face_enough &= found.reached.is_some();
    Ok(found)
}

fn role_of(handler: &Handler) -> Role {
    match &handler.what {
        What::Module { name, arguments } => role(name, arguments),
        What::MustFail | What::Substack => Role::Other(vec![code::PERM_DENIED]),
    }
}

/// `typed`: whether somebody has asked for a password by now. pam-auth-update writes `use_first_pass` for a module that is
/// not the first of its block: with only the face before it, there is no password to use.
fn answer(stack: &[Handler], roles: &[Role], at: usize, way: Way<'_>, typed: &mut bool) -> Code {
    if let What::Module { name, arguments } = &stack[at].what {
        let waits = arguments.iter().any(|given| given == "use_first_pass");
        match roles[at] {
            Role::Password if waits && !*typed => return code::AUTH_ERR,
            Role::Password => *typed = true,
            Role::Other(_) => *typed |= may_ask(name),
            Role::Face | Role::Note => {}
        }
    }
    match (&roles[at], &stack[at].what) {
        (Role::Face, _) => way.face,
        (Role::Note, _) => code::AUTHINFO_UNAVAIL,
        (Role::Password, What::Module { name, .. }) => match way.right {
            Some(right) if right == name => code::SUCCESS,
            // The password is right, and the user is another module's.
            Some(_) => code::USER_UNKNOWN,
            None => code::AUTH_ERR,
        },
        _ => way.others[at],
    }
}

/// Whether `pam_setcred`, called after it, succeeds too when every module's does; in either kind of libpam.
fn with_credentials(stack: &[Handler], returned: &[Option<Code>]) -> bool {
    [Jumps::Ignored, Jumps::Required]
        .into_iter()
        .all(|jumps| dispatch::setcred(stack, returned, jumps, |_| code::SUCCESS).code == code::SUCCESS)
}

/// Every combination of what the other modules may return, as far as their controls tell them apart. A module that stands
/// there twice with the same arguments gives the same answer twice.
fn ways(stack: &[Handler], roles: &[Role]) -> Result<Vec<Vec<Code>>, NotUnderstood> {
    let mut all = vec![vec![code::SUCCESS; stack.len()]];
    let mut open = 0;
    for (at, role) in roles.iter().enumerate() {
        let Role::Other(codes) = role else {
            continue;
        };
        let same: Vec<usize> = match &stack[at].what {
            What::Module { .. } => (0..stack.len())
                .filter(|other| stack[*other].what == stack[at].what)
                .collect(),
            _ => vec![at],
        };
        if same.first() != Some(&at) {
            continue;
        }
        let mut told_apart: Vec<(Code, Vec<(Action, bool)>)> = Vec::new();
        for code in codes {
            let effects = same.iter().map(|at| {
                let action = stack[*at].control.action(*code);
                // Only what is taken as it is counts with its code.
                let counts = matches!(action, Action::Ok | Action::Done) && *code != code::SUCCESS;
                (action, counts)
            });
            let effects = effects.collect();
            if !told_apart.iter().any(|(_, known)| *known == effects) {
                told_apart.push((*code, effects));
            }
        }
        open += usize::from(told_apart.len() > 1);
        if all.len() * told_apart.len() > MOST_WAYS {
            return Err(NotUnderstood::TooOpen(open));
        }
        let one = |way: &Vec<Code>, code: Code| {
            let mut way = way.clone();
            same.iter().for_each(|at| way[*at] = code);
            way
        };
        all = all
            .iter()
            .flat_map(|way| told_apart.iter().map(move |(code, _)| one(way, *code)))
            .collect();
    }
    Ok(all)
}
