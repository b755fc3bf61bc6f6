//! `useradd` and its kin, in effigy: they edit the tree's `passwd`, `group` and `shadow`, so that the real parsers read
//! what they did. They refuse what the real ones refuse, with the same exit codes.

use std::sync::Arc;

use hostfs::Dir;

use crate::error::HostError;
use crate::gate::Gate;
use crate::passwd::UserDb;
use crate::tool::{NO_SHELL, SharedGroup, Tool, Tools};

pub(crate) struct FakeTools {
    root: Dir,
    gate: Arc<Gate>,
}

/// The three files as lines.
struct Lines {
    passwd: Vec<String>,
    group: Vec<String>,
    shadow: Vec<String>,
}

impl FakeTools {
    pub(crate) fn new(root: Dir, gate: Arc<Gate>) -> Self {
        Self { root, gate }
    }

    fn lines(&self, path: &str) -> Result<Vec<String>, HostError> {
        let bytes = self.root.read(path, 1 << 24)?;
        Ok(String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect())
    }

    fn store(&self, path: &str, lines: &[String], mode: u32) -> Result<(), HostError> {
        let text: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
        Ok(self.root.write_atomic(path, text.as_bytes(), mode, None)?)
    }
}

fn refuse(tool: &Tool, code: i32, stderr: &str) -> HostError {
    HostError::ToolFailed { program: tool.program(), code: Some(code), stderr: stderr.to_owned() }
}

fn is_line_of(line: &str, name: &str) -> bool {
    line.strip_prefix(name).is_some_and(|rest| rest.starts_with(':'))
}

/// Replaces one field of the line of a name.
fn set_field(lines: &mut [String], name: &str, index: usize, value: &str) {
    for line in lines.iter_mut().filter(|line| is_line_of(line, name)) {
        let mut fields: Vec<&str> = line.split(':').collect();
        if let Some(field) = fields.get_mut(index) {
            *field = value;
        }
        *line = fields.join(":");
    }
}

impl Lines {
    fn db(&self) -> UserDb {
        UserDb::parse(&self.passwd.join("\n"), &self.group.join("\n"), &self.shadow.join("\n"))
    }

    fn shadow_field(&self, name: &str) -> String {
        let line = self.shadow.iter().find(|line| is_line_of(line, name));
        line.and_then(|line| line.split(':').nth(1)).unwrap_or("!").to_owned()
    }

    fn edit(&mut self, tool: &Tool) -> Result<(), HostError> {
        let db = self.db();
        let need_user = |name: &str, code: i32| match db.user(name) {
            Some(_) => Ok(()),
            None => Err(refuse(tool, code, &format!("user '{name}' does not exist"))),
        };
        match tool {
            Tool::AddGroup { account, gid } => {
                if db.group(account.as_str()).is_some() {
                    return Err(refuse(tool, 9, &format!("group '{account}' already exists")));
                }
                if db.group_by_gid(gid.get()).is_some() {
                    return Err(refuse(tool, 4, &format!("GID '{gid}' already exists")));
                }
                self.group.push(format!("{account}:x:{gid}:"));
            }
            Tool::AddUser { account, uid, gid, home } => {
                if db.user(account.as_str()).is_some() {
                    return Err(refuse(tool, 9, &format!("user '{account}' already exists")));
                }
                if db.user_by_uid(uid.get()).is_some() {
                    return Err(refuse(tool, 4, &format!("UID {uid} is not unique")));
                }
                if db.group_by_gid(gid.get()).is_none() {
                    return Err(refuse(tool, 6, &format!("group '{gid}' does not exist")));
                }
                self.passwd.push(format!("{account}:x:{uid}:{gid}::{home}:{NO_SHELL}"));
                self.shadow.push(format!("{account}:!:20000:0:99999:7:::"));
                self.edit(&Tool::JoinGroup { account: account.clone(), group: SharedGroup::Tenants })?;
            }
            Tool::RepairUser { account, gid, home } => {
                need_user(account.as_str(), 6)?;
                set_field(&mut self.passwd, account.as_str(), 3, &gid.to_string());
                set_field(&mut self.passwd, account.as_str(), 5, home);
                set_field(&mut self.passwd, account.as_str(), 6, NO_SHELL);
            }
            Tool::JoinGroup { account, group } => {
                need_user(account.as_str(), 6)?;
                let Some(there) = db.group(group.name()) else {
                    return Err(refuse(tool, 6, &format!("group '{}' does not exist", group.name())));
                };
                let mut members = there.members.clone();
                if !members.iter().any(|m| *account == m.as_str()) {
                    members.push(account.to_string());
                }
                set_field(&mut self.group, group.name(), 3, &members.join(","));
            }
            Tool::SetPassword { account, hash } => {
                need_user(account.as_str(), 1)?;
                set_field(&mut self.shadow, account.as_str(), 1, hash.expose());
            }
            Tool::Lock { account } => {
                need_user(account.as_str(), 6)?;
                let field = self.shadow_field(account.as_str());
                if !field.starts_with('!') {
                    set_field(&mut self.shadow, account.as_str(), 1, &format!("!{field}"));
                }
                set_field(&mut self.shadow, account.as_str(), 7, "1");
            }
            Tool::LockPassword { account } => {
                need_user(account.as_str(), 6)?;
                let field = self.shadow_field(account.as_str());
                if !field.starts_with('!') {
                    set_field(&mut self.shadow, account.as_str(), 1, &format!("!{field}"));
                }
            }
            Tool::Unlock { account, has_password } => {
                need_user(account.as_str(), 6)?;
                let field = self.shadow_field(account.as_str());
                let open = field.trim_start_matches('!');
                // `usermod` warns, and leaves an account locked that would have no password
                if *has_password && !open.is_empty() {
                    set_field(&mut self.shadow, account.as_str(), 1, open);
                }
                set_field(&mut self.shadow, account.as_str(), 7, "");
            }
            Tool::DeleteUser { account } => {
                need_user(account.as_str(), 6)?;
                self.delete_user(account.as_str());
            }
            Tool::DeleteGroup { account } => {
                let Some(group) = db.group(account.as_str()) else {
                    return Err(refuse(tool, 6, &format!("group '{account}' does not exist")));
                };
                if let Some(user) = db.users().iter().find(|u| u.gid == group.gid) {
                    return Err(refuse(
                        tool,
                        8,
                        &format!("cannot remove the primary group of user '{}'", user.name),
                    ));
                }
                self.group.retain(|line| !is_line_of(line, account.as_str()));
            }
        }
        Ok(())
    }

    /// With `USERGROUPS_ENAB`, as Debian has it, the user's own group goes too.
    fn delete_user(&mut self, name: &str) {
        self.passwd.retain(|line| !is_line_of(line, name));
        self.shadow.retain(|line| !is_line_of(line, name));
        let db = self.db();
        for group in db.groups() {
            if group.members.iter().any(|m| m == name) {
                let rest: Vec<&str> =
                    group.members.iter().filter(|m| *m != name).map(String::as_str).collect();
                set_field(&mut self.group, &group.name, 3, &rest.join(","));
            }
        }
        let own =
            db.group(name).is_some_and(|g| g.members.is_empty() && db.users().iter().all(|u| u.gid != g.gid));
        if own {
            self.group.retain(|line| !is_line_of(line, name));
        }
    }
}

impl Tools for FakeTools {
    fn run(&self, tool: &Tool) -> Result<(), HostError> {
        self.gate.change(|| tool.summary())?;
        let mut lines = Lines {
            passwd: self.lines("etc/passwd")?,
            group: self.lines("etc/group")?,
            shadow: self.lines("etc/shadow")?,
        };
        lines.edit(tool)?;
        self.store("etc/group", &lines.group, 0o644)?;
        self.store("etc/shadow", &lines.shadow, 0o640)?;
        self.store("etc/passwd", &lines.passwd, 0o644)
    }
}
