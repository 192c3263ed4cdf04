//! What rules and policies say, in words.

use super::stages::Policy;
use crate::mesh::security::authorization::Reading;

/// What a rule says, in words.
pub(super) fn in_words(reading: &Reading) -> String {
    if let Some(dropped) = reading.dropped {
        return format!("left out, for {dropped}");
    }
    if reading.holds {
        let fits: Vec<String> = reading
            .fitting
            .iter()
            .map(|fit| match &fit.value {
                Some(value) => format!("{} {value}", fit.name),
                None => fit.name.clone(),
            })
            .collect();
        return if fits.is_empty() {
            "every request".to_owned()
        } else {
            fits.join(", ")
        };
    }
    let failing = reading.failing.iter().map(|field| {
        let values = field.values.join(", ");
        match (&field.would_fit, field.is_not) {
            (_, true) => format!("{} has {values}", field.name),
            (Some(own), false) => format!("{} {values}, not {own}", field.name),
            (None, false) => format!("{} {values}, which nothing shows", field.name),
        }
    });
    failing.collect::<Vec<_>>().join("; ")
}

/// The policies of a stage in a few words.
pub(super) fn told(policies: &[Policy]) -> String {
    match policies {
        [] => "no policy".to_owned(),
        _ => match policies.iter().find(|policy| policy.matches) {
            Some(policy) => match policy.rule {
                Some(rule) => format!("{} rule {rule} matches", short(&policy.name)),
                None => format!("{} matches", short(&policy.name)),
            },
            None => {
                let names: Vec<&str> = policies.iter().map(|own| short(&own.name)).collect();
                format!("no match in {}", names.join(", "))
            }
        },
    }
}

/// The name without the kind.
fn short(name: &str) -> &str {
    name.split_once(' ').map_or(name, |(_, rest)| rest)
}
