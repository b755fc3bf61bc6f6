//! A connection to systemd, and what is exchanged over it.

use std::fmt::Write as _;
use std::sync::Arc;

use futures_util::StreamExt;
use serde::Serialize;
use tokio::sync::broadcast;
use zbus::message::Type;
use zbus::{Connection, DynamicType, MatchRule, Message, MessageStream, OwnedObjectPath};

use super::{Properties, text};
use crate::systemd::{Active, JobResult};
use crate::unit::name_suffix;

const ADDRESS: &str = "unix:path=/run/dbus/system_bus_socket";
const SERVICE: &str = "org.freedesktop.systemd1";
const MANAGER_PATH: &str = "/org/freedesktop/systemd1";
const MANAGER: &str = "org.freedesktop.systemd1.Manager";

/// How many ended jobs a waiter may lag behind before it has to ask.
const ENDED_JOBS: usize = 4096;

/// A connection, and the end of every job as it is told there.
pub(super) struct Link {
    connection: Connection,
    ended: broadcast::Sender<Ended>,
}

#[derive(Clone)]
struct Ended {
    job: String,
    result: JobResult,
}

impl Link {
    pub(super) fn is_closed(&self) -> bool {
        self.connection.is_closed()
    }

    pub(super) async fn connect() -> Result<Arc<Self>, zbus::Error> {
        let connection = zbus::connection::Builder::address(ADDRESS).build().await?;
        let rule = MatchRule::builder()
            .msg_type(Type::Signal)
            .sender(SERVICE)
            .path(MANAGER_PATH)
            .interface(MANAGER)
            .member("JobRemoved")
            .build()?;
        let mut stream = MessageStream::for_match_rule(rule, &connection, None).await?;
        let (ended, _) = broadcast::channel(ENDED_JOBS);
        let link = Arc::new(Self { connection, ended: ended.clone() });
        // the task holds the sender weakly: when the last user of the link is gone, waiters are not kept
        let sender = ended.downgrade();
        drop(ended);
        tokio::spawn(async move {
            while let Some(message) = stream.next().await {
                let Some(sender) = sender.upgrade() else { return };
                if let Some(ended) = message.ok().and_then(|m| job_removed(&m)) {
                    // nobody waits: nothing is lost
                    let _ = sender.send(ended);
                }
            }
        });
        // without a subscriber systemd sends no signals
        link.call("Subscribe", &()).await?;
        Ok(link)
    }

    pub(super) async fn call<B: Serialize + DynamicType>(
        &self,
        method: &str,
        body: &B,
    ) -> Result<Message, zbus::Error> {
        self.connection.call_method(Some(SERVICE), MANAGER_PATH, Some(MANAGER), method, body).await
    }

    pub(super) async fn properties(&self, unit: &str, interface: &str) -> Result<Properties, zbus::Error> {
        let path = unit_path(unit);
        let all = "org.freedesktop.DBus.Properties";
        let reply = self
            .connection
            .call_method(Some(SERVICE), path.as_str(), Some(all), "GetAll", &(interface,))
            .await?;
        reply.body().deserialize()
    }

    /// Asks for a job and waits until systemd has told its end.
    pub(super) async fn job(&self, method: &str, name: &str) -> Result<JobResult, zbus::Error> {
        let mut ended = self.ended.subscribe();
        let reply = self.call(method, &(name, "replace")).await?;
        let job: OwnedObjectPath = reply.body().deserialize()?;
        loop {
            match ended.recv().await {
                Ok(end) if end.job == job.as_str() => return Ok(end.result),
                Ok(_) => {}
                Err(broadcast::error::RecvError::Lagged(_)) => {
                    if !self.job_exists(job.as_str()).await? {
                        return self.result_by_state(name).await;
                    }
                }
                Err(broadcast::error::RecvError::Closed) => {
                    return Err(zbus::Error::Failure("the connection to the bus was lost".to_owned()));
                }
            }
        }
    }

    async fn job_exists(&self, job: &str) -> Result<bool, zbus::Error> {
        let ping = self.connection.call_method(
            Some(SERVICE),
            job,
            Some("org.freedesktop.DBus.Properties"),
            "Get",
            &("org.freedesktop.systemd1.Job", "Id"),
        );
        match ping.await {
            Ok(_) => Ok(true),
            Err(zbus::Error::FDO(_) | zbus::Error::MethodError(..)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// For the rare case that the end of a job was not heard.
    async fn result_by_state(&self, name: &str) -> Result<JobResult, zbus::Error> {
        let unit = self.properties(name, "org.freedesktop.systemd1.Unit").await?;
        let active = Active::from_word(&text(&unit, "ActiveState"));
        Ok(if active == Active::Failed { JobResult::Failed } else { JobResult::Done })
    }
}

fn job_removed(message: &Message) -> Option<Ended> {
    let body = message.body();
    let (_id, job, _unit, result): (u32, OwnedObjectPath, String, String) = body.deserialize().ok()?;
    Some(Ended { job: job.as_str().to_owned(), result: JobResult::from_word(&result) })
}

/// The object of a unit: each byte that is no letter or digit becomes `_xx`, and so does a digit in front.
pub(super) fn unit_path(name: &str) -> String {
    let mut path = format!("{MANAGER_PATH}/unit/");
    for (i, byte) in name.bytes().enumerate() {
        if byte.is_ascii_alphabetic() || (byte.is_ascii_digit() && i > 0) {
            path.push(char::from(byte));
        } else {
            let _ = write!(path, "_{byte:02x}");
        }
    }
    path
}

/// The interface of a unit's own kind.
pub(super) fn kind_interface(name: &str) -> &'static str {
    match name_suffix(name) {
        "socket" => "org.freedesktop.systemd1.Socket",
        "slice" => "org.freedesktop.systemd1.Slice",
        _ => "org.freedesktop.systemd1.Service",
    }
}
