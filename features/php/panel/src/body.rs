//! What a request says of settings: the table of settings is its description.

use std::borrow::Cow;

use php_spec::{EditSettings, Facts, Setting, Unit};
use serde::Deserialize;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// What is to be otherwise of settings; what is left out stays, null goes back to what would hold without it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct EditPhp(pub(crate) EditSettings);

impl ToSchema for EditPhp {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("EditPhp")
    }
}

impl PartialSchema for EditPhp {
    fn schema() -> RefOr<Schema> {
        let said = "What is to be otherwise of settings; what is left out stays, null goes back to what would hold without it.";
        let mut object = ObjectBuilder::new().description(Some(said));
        for setting in Setting::ALL {
            object = object.property(setting.as_str(), property(&setting.facts()));
        }
        object
            .additional_properties(Some(utoipa::openapi::schema::AdditionalProperties::FreeForm(false)))
            .into()
    }
}

fn nullable(kind: Type) -> SchemaType {
    SchemaType::Array(vec![kind, Type::Null])
}

fn property(facts: &Facts) -> RefOr<Schema> {
    let described = ObjectBuilder::new().description(Some(facts.what));
    match facts.unit {
        Unit::Bytes | Unit::TimeZone | Unit::Path => described.schema_type(nullable(Type::String)).into(),
        Unit::Flag => described.schema_type(nullable(Type::Boolean)).into(),
        Unit::Choice => {
            let words = facts.choices.iter().map(|word| Some(*word)).chain([None]);
            described.schema_type(nullable(Type::String)).enum_values(Some(words)).into()
        }
        Unit::Seconds | Unit::Count => {
            let number = described.schema_type(nullable(Type::Integer));
            let (least, most) = facts.range.unwrap_or((0, i64::from(i32::MAX)));
            number.minimum(Some(least)).maximum(Some(most)).into()
        }
        Unit::Functions => ArrayBuilder::new()
            .description(Some(facts.what))
            .schema_type(nullable(Type::Array))
            .items(ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)))
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_knows_every_setting_with_its_range() {
        let schema = serde_json::to_value(EditPhp::schema()).unwrap();
        for setting in Setting::ALL.iter().copied() {
            let property = &schema["properties"][setting.as_str()];
            assert_eq!(property["description"], setting.facts().what, "{setting}");
        }
        assert_eq!(schema["properties"]["max_execution_time"]["maximum"], 300);
        assert_eq!(schema["properties"]["error_reporting"]["enum"][0], "all");
    }
}
