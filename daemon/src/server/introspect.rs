//! `org.varlink.service`: what every Varlink service says of itself.

use facelogin_protocol::codec::Call;
use facelogin_protocol::{INTERFACE, INTERFACE_NAME};
use serde::{Deserialize, Serialize};

use crate::server::connection::{Answer, Nothing, Peer, done, read};
use crate::server::failure::Failure;

/// As <https://varlink.org/Service> has it.
const SERVICE: &str = "\
# The Varlink Service Interface is provided by every varlink service. It describes the service and the interfaces it
# implements.
interface org.varlink.service

method GetInfo() -> (vendor: string, product: string, version: string, url: string, interfaces: []string)

method GetInterfaceDescription(interface: string) -> (description: string)

error InterfaceNotFound (interface: string)

error MethodNotFound (method: string)

error MethodNotImplemented (method: string)

error InvalidParameter (parameter: string)
";

#[derive(Serialize)]
struct Info {
    vendor: &'static str,
    product: &'static str,
    version: &'static str,
    url: &'static str,
    interfaces: [&'static str; 2],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    interface: String,
}

#[derive(Serialize)]
struct Description {
    description: &'static str,
}

/// Answers a call of this interface.
pub fn answer(peer: &Peer, call: &Call, method: &str) -> Answer {
    match method {
        "GetInfo" => {
            let Nothing {} = read(call)?;
            let info = Info {
                vendor: "facelogin",
                product: "facelogind",
                version: env!("CARGO_PKG_VERSION"),
                url: "",
                interfaces: ["org.varlink.service", INTERFACE_NAME],
            };
            done(peer, &info)
        }
        "GetInterfaceDescription" => {
            let Which { interface } = read(call)?;
            let description = match interface.as_str() {
                INTERFACE_NAME => INTERFACE,
                "org.varlink.service" => SERVICE,
                _ => return Err(Failure::InterfaceNotFound(interface)),
            };
            done(peer, &Description { description })
        }
        _ => Err(Failure::MethodNotFound(call.method.clone())),
    }
}
