//! GWAPI: conditions in a Gateway's status that say it does not work.

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::gateway_api::Gateway;
use crate::model::object::Condition;
use crate::path;
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "gateway-status",
    codes: &[Code::GWAPI],
    runs: &[Run::K8sGateway(gateway_status)],
};

/// Conditions of a Gateway, and the status that means trouble.
const OF_GATEWAY: [(&str, &str); 4] = [
    ("Accepted", "False"),
    ("Programmed", "False"),
    ("Ready", "False"),
    ("Scheduled", "False"),
];

/// Conditions of a listener, and the status that means trouble.
const OF_LISTENER: [(&str, &str); 6] = [
    ("Accepted", "False"),
    ("Conflicted", "True"),
    ("Detached", "True"),
    ("Programmed", "False"),
    ("Ready", "False"),
    ("ResolvedRefs", "False"),
];

/// Reasons that something else explains or that pass by themselves.
const HARMLESS: [&str; 3] = ["Pending", "ListenersNotValid", "ListenerSetsNotValid"];

fn gateway_status(gateway: &Object<Gateway>, mesh: &Mesh, findings: &mut Findings) {
    let passed_over = mesh
        .places
        .is_passed_over(mesh.places.namespace_of(gateway.id));
    let Some(status) = gateway.status.as_ref().filter(|_| !passed_over) else {
        return;
    };
    for (at, condition) in status.conditions.iter().enumerate() {
        if is_trouble(condition, &OF_GATEWAY) {
            let path = path!["status", "conditions", at, "reason", &condition.reason];
            let place = path!["status", "conditions", at];
            let subject = format!("Gateway {}", gateway.name());
            findings.push(finding(gateway, path, place, &subject, condition, mesh));
        }
    }
    for (number, listener) in status.listeners.iter().enumerate() {
        for (at, condition) in listener.conditions.iter().enumerate() {
            if !is_trouble(condition, &OF_LISTENER) {
                continue;
            }
            let place = path!["status", "listeners", number, "conditions", at];
            let path = if mesh.quirks.listener_conditions_by_listener {
                path!["status", "conditions", number, "type", &condition.reason]
            } else {
                place.clone()
            };
            let subject = format!("listener {} of Gateway {}", listener.name, gateway.name());
            findings.push(finding(gateway, path, place, &subject, condition, mesh));
        }
    }
}

fn is_trouble(condition: &Condition, troubles: &[(&str, &str)]) -> bool {
    let Condition {
        kind,
        status,
        reason,
        message,
    } = condition;
    let waits_for_address =
        || reason == "AddressNotAssigned" && message.to_lowercase().contains("address pending");
    troubles
        .iter()
        .any(|(trouble, when)| kind == trouble && status == when)
        && (status == "True" || !(HARMLESS.contains(&reason.as_str()) || waits_for_address()))
}

fn finding(
    gateway: &Object<Gateway>,
    path: FieldPath,
    place: FieldPath,
    subject: &str,
    condition: &Condition,
    mesh: &Mesh,
) -> Finding {
    let told = &condition.message;
    let message = if mesh.quirks.conditions_keep_their_words {
        format!("{told}. GWAPI errors should be changed in the spec.")
    } else {
        let told = told.trim_end_matches('.');
        let state = match condition.status.as_str() {
            "True" => format!("is {}", condition.kind),
            _ => format!("is not {}", condition.kind),
        };
        let reason = match condition.reason.as_str() {
            "" => String::new(),
            reason => format!(" ({reason})"),
        };
        let told = if told.is_empty() {
            String::new()
        } else {
            format!(": {told}")
        };
        format!("{subject} {state}{reason}{told}")
    };
    Finding::new(Code::GWAPI, gateway.id, path, message)
        .points_at(place)
        .help("change the spec as the controller's message says; the status follows it")
}
