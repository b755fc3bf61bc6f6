//! Holds answers against the API's description: the part of JSON Schema that the description uses.

use serde_json::Value;

/// The API's description.
pub(crate) struct Description {
    all: Value,
}

/// One operation of it.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) described: Value,
}

impl Operation {
    /// A word of `x-access`.
    pub(crate) fn access(&self, word: &str) -> &str {
        self.described["x-access"][word].as_str().unwrap_or_default()
    }

    /// Whether it takes a body.
    pub(crate) fn has_body(&self) -> bool {
        self.described.get("requestBody").is_some()
    }

    /// Whether it takes this query parameter.
    pub(crate) fn takes(&self, name: &str) -> bool {
        let parameters = self.described["parameters"].as_array().cloned().unwrap_or_default();
        parameters.iter().any(|parameter| parameter["name"] == name && parameter["in"] == "query")
    }
}

impl Description {
    /// The committed one.
    pub(crate) fn committed() -> Self {
        let text = include_str!("../../../../docs/reference/openapi.json");
        Self { all: serde_json::from_str(text).unwrap() }
    }

    /// Every operation.
    pub(crate) fn operations(&self) -> Vec<Operation> {
        let mut found = Vec::new();
        for (path, methods) in self.all["paths"].as_object().unwrap() {
            for (method, described) in methods.as_object().unwrap() {
                found.push(Operation {
                    id: described["operationId"].as_str().unwrap().to_owned(),
                    method: method.to_uppercase(),
                    path: path.clone(),
                    described: described.clone(),
                });
            }
        }
        found
    }

    /// What is wrong with an answer; nothing where it is as described.
    pub(crate) fn faults(&self, operation: &Operation, status: u16, body: &Value) -> Vec<String> {
        let responses = &operation.described["responses"];
        let described =
            responses.get(status.to_string()).or_else(|| responses.get("default").filter(|_| status >= 400));
        let Some(described) = described else { return vec![format!("status {status} is not described")] };
        let Some(content) = described["content"].as_object() else {
            return if body.is_null() { Vec::new() } else { vec!["a body that is not described".to_owned()] };
        };
        let content = content.get("application/json").or_else(|| content.get("application/problem+json"));
        let mut faults = Vec::new();
        if let Some(content) = content {
            self.check(&content["schema"], body, "", &mut faults);
        }
        faults
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema.get("$ref").and_then(Value::as_str) {
            Some(reference) => self.all.pointer(reference.trim_start_matches('#')).expect(reference),
            None => schema,
        }
    }

    fn check(&self, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
        let schema = self.resolve(schema);
        for word in ["oneOf", "anyOf"] {
            if let Some(options) = schema[word].as_array() {
                let fits = |option: &&Value| {
                    let mut inner = Vec::new();
                    self.check(option, value, at, &mut inner);
                    inner.is_empty()
                };
                if options.iter().filter(fits).count() == 0 {
                    faults.push(format!("{at}: fits none of {word}: {value}"));
                }
                return;
            }
        }
        if let Some(wanted) = schema.get("type") {
            let is = kind(value);
            let fits = |word: &Value| word == is || (word == "number" && is == "integer");
            let fits_any = wanted.as_array().map_or_else(|| fits(wanted), |words| words.iter().any(fits));
            if !fits_any {
                faults.push(format!("{at}: {is} instead of {wanted}"));
                return;
            }
        }
        if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
            for (i, value) in values.iter().enumerate() {
                self.check(items, value, &format!("{at}/{i}"), faults);
            }
        }
        if let Some(object) = value.as_object() {
            let mut members = Vec::new();
            self.members(schema, &mut members);
            for part in self.parts(schema) {
                for name in part["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                    if !object.contains_key(name) {
                        faults.push(format!("{at}/{name}: is missing"));
                    }
                }
            }
            for (name, value) in object {
                match members.iter().find(|(known, _)| known == name) {
                    Some((_, schema)) => self.check(schema, value, &format!("{at}/{name}"), faults),
                    None if members.is_empty() => {}
                    None => faults.push(format!("{at}/{name}: is not described")),
                }
            }
        }
    }

    /// The schema itself, and all that it is made of by `allOf`.
    fn parts<'a>(&'a self, schema: &'a Value) -> Vec<&'a Value> {
        let mut parts = vec![schema];
        for part in schema["allOf"].as_array().into_iter().flatten() {
            parts.extend(self.parts(self.resolve(part)));
        }
        parts
    }

    fn members<'a>(&'a self, schema: &'a Value, into: &mut Vec<(String, &'a Value)>) {
        for part in self.parts(schema) {
            into.extend(
                part["properties"]
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(name, schema)| (name.clone(), schema)),
            );
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
