//! Faults put in on purpose, and the HTTP status of answers.

use crate::model::networking::{FaultAbort, FaultDelay, HttpFaultInjection, Percent};
use crate::rules::validation::issues::Issues;
use crate::rules::validation::text::quote;
use crate::rules::validation::traffic_policy::given;
use crate::yaml::{Trail, is_expression};

/// Checks a fault.
pub(super) fn check(fault: &HttpFaultInjection, path: &Trail<'_>, issues: &mut Issues) {
    if fault.abort.is_none() && fault.delay.is_none() {
        issues.error(
            path,
            "HTTP fault injection must have an abort and/or a delay",
        );
    }
    if let Some(abort) = &fault.abort {
        check_abort(abort, &path.field("abort"), issues);
    }
    if let Some(delay) = &fault.delay {
        check_delay(delay, &path.field("delay"), issues);
    }
}

fn check_abort(abort: &FaultAbort, path: &Trail<'_>, issues: &mut Issues) {
    percentage(abort.percentage, path, issues);
    if let Some(status) = &abort.grpc_status {
        // The statuses themselves are words of capitals.
        if !GRPC_STATUSES.contains(&status.as_str()) && !is_expression(status) {
            let message = format!(
                "gRPC status {} is not supported. See \
                 https://github.com/grpc/grpc/blob/master/doc/statuscodes.md for a list of \
                 supported codes, for example 'NOT_FOUND'",
                quote(status)
            );
            issues.error(&path.field("grpcStatus"), message);
        }
    } else if abort.http2_error.is_some() {
        issues
            .error(
                &path.field("http2Error"),
                "HTTP/2 abort fault injection not supported yet",
            )
            .help("use httpStatus or grpcStatus");
    } else if let Some(status) = abort.http_status {
        http_status(i64::from(status), &path.field("httpStatus"), issues);
    } else if !issues.quirks.validation_loses_warnings {
        issues
            .warn(path, "abort configured, but error type not set")
            .help("add httpStatus or grpcStatus");
    }
}

fn check_delay(delay: &FaultDelay, path: &Trail<'_>, issues: &mut Issues) {
    percentage(delay.percentage, path, issues);
    given(delay.fixed_delay, "fixedDelay", path, issues);
    if delay.exponential_delay.is_some() {
        given(delay.exponential_delay, "exponentialDelay", path, issues);
        issues
            .error(
                &path.field("exponentialDelay"),
                "exponentialDelay not supported yet",
            )
            .help("use fixedDelay");
    }
}

fn percentage(percentage: Option<Percent>, path: &Trail<'_>, issues: &mut Issues) {
    let Some(Percent { value }) = percentage else {
        return;
    };
    let is_too_small = value > 0.0 && value < 0.0001;
    if is_too_small || !(0.0..=100.0).contains(&value) {
        issues.error(
            &path.field("percentage").field("value"),
            format!(
                "percentage {} is neither 0.0, nor in range [0.0001, 100.0]",
                go_float(value)
            ),
        );
    }
}

/// A number as Go prints it: with an exponent when it is very small or large.
fn go_float(value: f64) -> String {
    let scientific = format!("{value:e}");
    match scientific.split_once('e') {
        Some((digits, exponent)) => match exponent.parse::<i32>() {
            Ok(exponent) if exponent < -4 => format!("{digits}e-{:02}", exponent.abs()),
            Ok(exponent) if exponent >= 21 => format!("{digits}e+{exponent:02}"),
            _ => format!("{value}"),
        },
        None => format!("{value}"),
    }
}

/// The status of an answer.
pub(super) fn http_status(status: i64, path: &Trail<'_>, issues: &mut Issues) {
    let most = if issues.quirks.http_status_600_is_valid {
        600
    } else {
        599
    };
    if !(200..=most).contains(&status) {
        issues.error(
            path,
            format!("HTTP status {status} is not in range 200-599"),
        );
    }
}

const GRPC_STATUSES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

#[cfg(test)]
mod tests {
    use super::go_float;

    #[test]
    fn numbers_as_in_go() {
        for (value, text) in [
            (5e-5, "5e-05"),
            (1.25e-7, "1.25e-07"),
            (0.001, "0.001"),
            (101.0, "101"),
            (-0.5, "-0.5"),
            (1e21, "1e+21"),
        ] {
            assert_eq!(go_float(value), text);
        }
    }
}
