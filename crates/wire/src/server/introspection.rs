//! What every service tells about itself, as `varlinkctl info` and `list-methods` ask for it.

use serde::{Deserialize, Serialize};

use crate::error::{Refusal, names};
use crate::hello::HelloReply;
use crate::method::{Access, Method};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GetInfo {}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Info {
    vendor: String,
    product: String,
    version: String,
    url: String,
    interfaces: Vec<String>,
}

impl Method for GetInfo {
    const NAME: &'static str = "org.varlink.service.GetInfo";
    const ACCESS: Access = Access::Read;
    type Reply = Info;
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GetInterfaceDescription {
    interface: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Description {
    description: String,
}

impl Method for GetInterfaceDescription {
    const NAME: &'static str = "org.varlink.service.GetInterfaceDescription";
    const ACCESS: Access = Access::Read;
    type Reply = Description;
}

pub(super) fn info(product: &str, hello: &HelloReply) -> Info {
    let mut interfaces = hello.interfaces.clone();
    interfaces.extend(["holdfast.wire1".to_owned(), "org.varlink.service".to_owned()]);
    Info {
        vendor: "Holdfast".to_owned(),
        product: product.to_owned(),
        version: hello.version.clone(),
        url: String::new(),
        interfaces,
    }
}

/// The methods of an interface. Their types live in the spec crates and are not repeated in Varlink's language.
pub(super) fn describe(all: &[&str], request: &GetInterfaceDescription) -> Result<Description, Refusal> {
    let own = ["holdfast.wire1.Hello", GetInfo::NAME, GetInterfaceDescription::NAME];
    let mut description = format!("interface {}\n", request.interface);
    let mut found = false;
    for name in all.iter().chain(&own) {
        if let Some((interface, verb)) = name.rsplit_once('.')
            && interface == request.interface
        {
            found = true;
            description
                .push_str("\n# Takes and answers one object; its fields are in the API reference.\nmethod ");
            description.push_str(verb);
            description.push_str("() -> ()\n");
        }
    }
    if found {
        Ok(Description { description })
    } else {
        let message = format!("no interface {}", request.interface);
        Err(Refusal::new(names::INTERFACE_NOT_FOUND, message)
            .with_detail(&serde_json::json!({ "interface": request.interface })))
    }
}

/// The kernel's boot id; empty where it cannot be read.
pub(super) fn boot_id() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map(|id| id.trim().to_owned())
        .unwrap_or_default()
}
