//! Putting payloads into JSON requests.

use serde_json::Value as Json;

use super::{FieldKind, Payload, Value, for_field};

/// One request: a body in which one leaf was exchanged.
#[derive(Debug, Clone)]
pub struct Case {
    /// Which leaf, as a JSON pointer (RFC 6901).
    pub pointer: String,
    /// By what.
    pub payload: Payload,
    /// The body, ready to be sent; not always JSON.
    pub body: Vec<u8>,
}

/// Pointers of all strings in the document, in its order; members' names are not included.
pub fn string_leaves(document: &Json) -> Vec<String> {
    leaves(document, &Json::is_string)
}

/// Pointers of all strings, numbers, booleans and nulls.
pub fn scalar_leaves(document: &Json) -> Vec<String> {
    leaves(document, &|value| !value.is_array() && !value.is_object())
}

fn leaves(document: &Json, wanted: &dyn Fn(&Json) -> bool) -> Vec<String> {
    fn walk(value: &Json, at: &str, wanted: &dyn Fn(&Json) -> bool, found: &mut Vec<String>) {
        if wanted(value) {
            found.push(at.to_owned());
        }
        match value {
            Json::Array(items) => {
                for (i, item) in items.iter().enumerate() {
                    walk(item, &pointer(at, &i.to_string()), wanted, found);
                }
            }
            Json::Object(members) => {
                for (name, member) in members {
                    walk(member, &pointer(at, name), wanted, found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(document, "", wanted, &mut found);
    found
}

/// The pointer to a member or item of what `parent` points to.
pub fn pointer(parent: &str, name: &str) -> String {
    format!("{parent}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// The document's text with the leaf at `at` exchanged for the payload.
///
/// `None` if there is no such leaf, or if the payload is a second member and the leaf is not in an object.
pub fn embed(document: &Json, at: &str, payload: &Payload) -> Option<Vec<u8>> {
    let mut document = document.clone();
    let leaf = document.pointer_mut(at)?;
    let raw = match &payload.value {
        Value::Text(text) => {
            *leaf = Json::from(text.as_str());
            return Some(document.to_string().into_bytes());
        }
        Value::Json(value) => {
            *leaf = value.clone();
            return Some(document.to_string().into_bytes());
        }
        Value::Raw(bytes) => bytes.clone(),
        Value::Member { name, value } => {
            let original = leaf.to_string();
            let (parent, own) = at.rsplit_once('/')?;
            document.pointer(parent).filter(|parent| parent.is_object())?;
            let own = own.replace("~1", "/").replace("~0", "~");
            let name = Json::from(name.unwrap_or(&own));
            format!("{original},{name}:{value}").into_bytes()
        }
    };
    // bytes that no serialiser writes take the place of a string that occurs once
    let mut mark = "hostile-payload".to_owned();
    while document.to_string().contains(&mark) {
        mark.push('-');
    }
    *document.pointer_mut(at)? = Json::from(mark.as_str());
    let text = document.to_string();
    let (before, after) = text.split_once(&format!("\"{mark}\""))?;
    Some([before.as_bytes(), &raw, after.as_bytes()].concat())
}

/// Every payload in every string of a valid request; `kind_of` tells what the string at a pointer is.
///
/// Bodies are made as they are asked for: some are above a mebibyte.
pub fn cases<F: Fn(&str) -> FieldKind>(
    document: &Json,
    kind_of: F,
) -> impl Iterator<Item = Case> + use<'_, F> {
    string_leaves(document).into_iter().flat_map(move |pointer| {
        for_field(kind_of(&pointer)).into_iter().filter_map(move |payload| {
            let body = embed(document, &pointer, &payload)?;
            Some(Case { pointer: pointer.clone(), payload, body })
        })
    })
}
