//! The people of a world.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

/// One of them.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    /// The name.
    pub name: &'static str,
    /// The uid, and the gid of the group of the same name.
    pub uid: u32,
    /// What they type when asked for their password.
    pub password: &'static str,
    hash: &'static str,
    /// The eighth field of shadow(5): the day, since 1970, on which the account expires.
    expires: &'static str,
}

/// `crypt("alices-secret", "$y$j9T$facelogintests0000000/")`.
const ALICES: &str = "$y$j9T$facelogintests0000000/$SQCL0ksezdQwGIMalBX604W9E08Y3aiVlq4Q0cUiEl8";

/// `crypt("bobs-secret", "$6$facelogintests")`.
const BOBS_HASH: &str = "$6$facelogintests$lnAzTvYHlggqNZBAaktvHCZsAlkggcBaQau0Pt8Obg633f.gzZjgSaAihe4o42WSVYAgxSxU7erDR1d2xkq0n.";

/// The password of everybody but alice.
const BOBS: &str = "bobs-secret";

/// She has enrolled her face.
pub const ENROLLED: Account = Account {
    name: "alice",
    uid: 4001,
    password: "alices-secret",
    hash: ALICES,
    expires: "",
};

/// He has not.
pub const NOT_ENROLLED: Account = Account {
    name: "bob",
    uid: 4002,
    password: BOBS,
    hash: BOBS_HASH,
    expires: "",
};

/// `usermod --lock`: the password cannot be typed any more. The face is enrolled.
pub const LOCKED: Account = Account {
    name: "lou",
    uid: 4003,
    password: BOBS,
    hash: "!$6$facelogintests$lnAzTvYHlggqNZBAaktvHCZsAlkggcBaQau0Pt8Obg633f.gzZjgSaAihe4o42WSVYAgxSxU7erDR1d2xkq0n.",
    expires: "",
};

/// `usermod --expiredate 1970-01-02`. The face may be enrolled: the daemon does not ask for it.
pub const EXPIRED: Account = Account {
    name: "eve",
    uid: 4004,
    password: BOBS,
    hash: BOBS_HASH,
    expires: "1",
};

/// The administrator.
pub const ROOT: Account = Account {
    name: "root",
    uid: 0,
    password: BOBS,
    hash: BOBS_HASH,
    expires: "",
};

const PEOPLE: [Account; 4] = [ENROLLED, NOT_ENROLLED, LOCKED, EXPIRED];

/// Writes the people into the copies of `/etc/passwd`, `/etc/shadow` and `/etc/group`, in the place of whoever had
/// their names or numbers, makes their homes, and lets them use sudo with their password.
pub fn write() {
    let taken = |line: &str| {
        let mut fields = line.split(':');
        let name = fields.next().unwrap_or_default();
        let number = fields.nth(1).and_then(|id| id.parse().ok());
        PEOPLE
            .iter()
            .any(|person| person.name == name || Some(person.uid) == number)
    };
    let rewrite = |file: &str, mode: u32, own: &dyn Fn(&Account) -> String| {
        let path = Path::new("/etc").join(file);
        let before = fs::read_to_string(&path).unwrap();
        let kept = before
            .lines()
            .filter(|line| !taken(line))
            .map(|line| format!("{line}\n"));
        let text: String = kept.chain(PEOPLE.iter().map(own)).collect();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    };
    rewrite("passwd", 0o644, &|who| {
        format!("{0}:x:{1}:{1}::/home/{0}:/bin/sh\n", who.name, who.uid)
    });
    rewrite("group", 0o644, &|who| format!("{}:x:{}:\n", who.name, who.uid));
    // Whom polkit takes for administrators.
    let names = PEOPLE.map(|who| who.name).join(",");
    let groups = fs::read_to_string("/etc/group").unwrap();
    let others = groups.lines().filter(|line| !line.starts_with("sudo:"));
    let others: String = others.map(|line| format!("{line}\n")).collect();
    fs::write("/etc/group", format!("{others}sudo:x:27:{names}\n")).unwrap();
    rewrite("shadow", 0o640, &|who| {
        format!("{}:{}:20000:0:99999:7::{}:\n", who.name, who.hash, who.expires)
    });
    let shadow = fs::read_to_string("/etc/shadow").unwrap();
    let with_root: String = shadow
        .lines()
        .map(|line| match line.starts_with("root:") {
            true => format!("root:{}:20000:0:99999:7:::\n", ROOT.hash),
            false => format!("{line}\n"),
        })
        .collect();
    fs::write("/etc/shadow", with_root).unwrap();
    for who in &PEOPLE {
        let home = Path::new("/home").join(who.name);
        super::namespace::make_folder(&home);
        chown(&home, Some(who.uid), Some(who.uid)).unwrap();
    }
    fs::write(
        "/etc/sudoers",
        "Defaults env_reset, lecture=never\nroot ALL=(ALL:ALL) ALL\n%sudo ALL=(ALL:ALL) ALL\n",
    )
    .unwrap();
    fs::set_permissions("/etc/sudoers", Permissions::from_mode(0o440)).unwrap();
}
