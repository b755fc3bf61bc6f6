//! Server-sent events, as far as the panel sends them: `event`, `id`, `data`, comments.

/// A message of more is dropped: nothing of ours is that long.
const LONGEST: usize = 1 << 20;

/// One message.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    /// The cursor behind it.
    pub(crate) id: Option<String>,
    /// What kind of message it is.
    pub(crate) event: Option<String>,
    /// Its lines.
    pub(crate) data: String,
}

/// Makes messages of bytes, however they are cut.
#[derive(Debug, Default)]
pub(crate) struct Parser {
    line: Vec<u8>,
    message: Message,
}

impl Parser {
    /// The messages that these bytes complete.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Vec<Message> {
        let mut ready = Vec::new();
        for &byte in bytes {
            if byte != b'\n' {
                if self.line.len() < LONGEST {
                    self.line.push(byte);
                }
                continue;
            }
            let line = std::mem::take(&mut self.line);
            let line = String::from_utf8_lossy(&line);
            let line = line.strip_suffix('\r').unwrap_or(&line);
            if line.is_empty() {
                let message = std::mem::take(&mut self.message);
                if message != Message::default() {
                    ready.push(message);
                }
                continue;
            }
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "id" => self.message.id = Some(value.to_owned()),
                "event" => self.message.event = Some(value.to_owned()),
                "data" if self.message.data.len() + value.len() < LONGEST => {
                    if !self.message.data.is_empty() {
                        self.message.data.push('\n');
                    }
                    self.message.data.push_str(value);
                }
                _ => {}
            }
        }
        ready
    }
}

#[cfg(test)]
mod tests;
