//! Tells whoever watches which objects changed their status.

use converge::methods::ObjectStatus;
use tokio::sync::broadcast;

/// The stream of status changes. Nobody has to listen; who listens too slowly is told that it missed some.
pub(crate) struct Watch {
    sender: broadcast::Sender<ObjectStatus>,
}

impl Watch {
    /// A stream that keeps the last 1,024 changes for slow listeners.
    pub(crate) fn new() -> Self {
        Self { sender: broadcast::Sender::new(1024) }
    }

    /// An object's status changed, or it was looked at for the panel.
    pub(crate) fn tell(&self, status: ObjectStatus) {
        // an error means that nobody listens
        let _ = self.sender.send(status);
    }

    /// Listens from now on.
    pub(crate) fn listen(&self) -> broadcast::Receiver<ObjectStatus> {
        self.sender.subscribe()
    }
}
