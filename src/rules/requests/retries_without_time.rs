//! MESH1011: retries for which the timeout leaves no time.

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::networking::VirtualService;
use crate::model::{Duration, Object};
use crate::path;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "retries-without-time",
    codes: &[Code::MESH1011],
    runs: &[Run::VirtualService(retries_without_time)],
};

fn retries_without_time(service: &Object<VirtualService>, _: &Mesh, findings: &mut Findings) {
    for (at, route) in service.spec.http.iter().enumerate() {
        let Some(retries) = &route.retries else {
            continue;
        };
        let (Some(timeout), Some(per_try)) = (route.timeout, retries.per_try_timeout) else {
            continue;
        };
        // A timeout of 0 is none.
        let leaves_no_time = timeout.0 > 0 && per_try.0 >= timeout.0;
        if !leaves_no_time || retries.attempts <= 0 {
            continue;
        }
        let message = format!(
            "perTryTimeout {} is not below timeout {}: a first try that is slow uses up all the time, \
             and the client gets 504 without a retry",
            in_words(per_try),
            in_words(timeout)
        );
        let tries = i64::from(retries.attempts).saturating_add(1);
        let enough = Duration(per_try.0.saturating_mul(tries));
        let help = format!(
            "raise timeout to {} (a first try and {} more), or lower perTryTimeout",
            in_words(enough),
            retries.attempts
        );
        let finding = Finding::new(
            Code::MESH1011,
            service.id,
            path!["spec", "http", at, "retries", "perTryTimeout"],
            message,
        );
        findings.push(finding.help(help).related(
            service.id,
            path!["spec", "http", at, "timeout"],
            "holds for all tries together",
        ));
    }
}

/// `2s`, `1.5s`, `20ms`.
fn in_words(duration: Duration) -> String {
    const MILLISECOND: i64 = 1_000_000;
    const SECOND: i64 = 1000 * MILLISECOND;
    let nanoseconds = duration.0;
    if nanoseconds % MILLISECOND != 0 {
        format!("{nanoseconds}ns")
    } else if nanoseconds % SECOND != 0 {
        format!("{}ms", nanoseconds / MILLISECOND)
    } else {
        format!("{}s", nanoseconds / SECOND)
    }
}
