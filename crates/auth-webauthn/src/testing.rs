//! A device made of software: it makes passkeys and signs with them, as a browser's would.
#![expect(clippy::expect_used, reason = "a test's support fails by panicking")]

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_cbor_2::Value as Cbor;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Present, unlocked, with a new key.
const MAKES: u8 = 0b0100_0101;
/// Present, unlocked.
const SIGNS: u8 = 0b0000_0101;

/// A device with one passkey.
pub struct Device {
    origin: String,
    key: SigningKey,
    id: [u8; 16],
    user: String,
    counter: u32,
    /// Whether its person unlocks it.
    pub unlocked: bool,
}

fn text(value: &Value, at: &str) -> String {
    value.pointer(at).and_then(Value::as_str).expect("a text of the options").to_owned()
}

fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Device {
    /// Answers what `navigator.credentials.create` is given.
    pub fn create(origin: &str, options: &Value) -> (Self, Value) {
        let mut bytes = [0; 48];
        getrandom::fill(&mut bytes).expect("randomness");
        let (id, scalar) = bytes.split_first_chunk::<16>().expect("16 bytes");
        let device = Self {
            origin: origin.to_owned(),
            key: SigningKey::from_slice(scalar).expect("a key"),
            id: *id,
            user: text(options, "/publicKey/user/id"),
            counter: 0,
            unlocked: true,
        };
        let answer = device.made(options);
        (device, answer)
    }

    fn made(&self, options: &Value) -> Value {
        let mut data = self.data(&text(options, "/publicKey/rp/id"), MAKES);
        data.extend([0; 16]); // no model
        data.extend([0, 16]);
        data.extend(self.id);
        data.extend(self.public_key());
        let attestation = Cbor::Map(
            [
                (Cbor::Text("fmt".into()), Cbor::Text("none".into())),
                (Cbor::Text("attStmt".into()), Cbor::Map([].into())),
                (Cbor::Text("authData".into()), Cbor::Bytes(data)),
            ]
            .into(),
        );
        json!({
            "id": base64(self.id), "rawId": base64(self.id), "type": "public-key", "clientExtensionResults": {},
            "response": {
                "attestationObject": base64(serde_cbor_2::to_vec(&attestation).expect("CBOR")),
                "clientDataJSON": base64(self.client_data("webauthn.create", options)),
            },
        })
    }

    /// Answers what `navigator.credentials.get` is given.
    pub fn get(&mut self, options: &Value) -> Value {
        self.counter += 1;
        let flags = if self.unlocked { SIGNS } else { SIGNS & !0b100 };
        let data = self.data(&text(options, "/publicKey/rpId"), flags);
        let client_data = self.client_data("webauthn.get", options);
        let signed = [data.as_slice(), &Sha256::digest(&client_data)].concat();
        let signature: Signature = self.key.sign(&signed);
        json!({
            "id": base64(self.id), "rawId": base64(self.id), "type": "public-key", "clientExtensionResults": {},
            "response": {
                "authenticatorData": base64(data),
                "clientDataJSON": base64(client_data),
                "signature": base64(signature.to_der()),
                "userHandle": self.user,
            },
        })
    }

    /// The same device, as it was copied some uses ago.
    pub fn rewind(&mut self, uses: u32) {
        self.counter -= uses;
    }

    /// Says that it is at another place.
    pub fn at(&mut self, origin: &str) {
        origin.clone_into(&mut self.origin);
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let challenge = text(options, "/publicKey/challenge");
        json!({ "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false })
            .to_string()
            .into_bytes()
    }

    fn data(&self, relying_party: &str, flags: u8) -> Vec<u8> {
        let mut data = Sha256::digest(relying_party.as_bytes()).to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// As COSE has it: an elliptic key on P-256, for ES256.
    fn public_key(&self) -> Vec<u8> {
        let point = self.key.verifying_key().to_sec1_point(false);
        let coordinate =
            |bytes: Option<_>| Cbor::Bytes(AsRef::<[u8]>::as_ref(bytes.expect("a point")).to_vec());
        let int = |number: i128| Cbor::Integer(number);
        let key = Cbor::Map(
            [
                (int(1), int(2)),
                (int(3), int(-7)),
                (int(-1), int(1)),
                (int(-2), coordinate(point.x())),
                (int(-3), coordinate(point.y())),
            ]
            .into(),
        );
        serde_cbor_2::to_vec(&key).expect("CBOR")
    }
}
