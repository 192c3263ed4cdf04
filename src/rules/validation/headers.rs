//! Names and values of headers, in matches and in changes of headers.

use crate::model::networking::{HeaderOperations, Headers};
use crate::model::{Labels, Str};

use super::issues::Issues;
use super::text::quote;
use crate::yaml::Trail;

const EMPTY: &str = "header name cannot be empty";

/// Whether a match of headers by this name looks at a claim of the token.
pub(crate) fn is_claim(name: &str) -> bool {
    const PREFIX: &str = "@request.auth.claims";
    let Some((prefix, rest)) = name.split_at_checked(PREFIX.len()) else {
        return false;
    };
    let is_bracketed = rest.len() > 2 && rest.starts_with('[') && rest.ends_with(']');
    prefix.eq_ignore_ascii_case(PREFIX)
        && ((rest.len() > 1 && rest.starts_with('.')) || is_bracketed)
}

/// A name in a match of headers: a header, a pseudo header or a claim.
pub(crate) fn matched_name(name: &str) -> Result<(), String> {
    const PSEUDO: [&str; 5] = [":method", ":scheme", ":authority", ":path", ":status"];
    if PSEUDO.contains(&name) || is_claim(name) {
        Ok(())
    } else {
        token(name)
    }
}

/// A name in a cross-origin policy.
pub(crate) fn cors_name(name: &str) -> Result<(), String> {
    token(name)
}

/// A name made of the characters of RFC 9110. Upstream accepts the comma as well.
fn token(name: &str) -> Result<(), String> {
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+,-.^_`|~".contains(&b);
    if name.is_empty() {
        Err(EMPTY.to_owned())
    } else if name.bytes().all(is_token) {
        Ok(())
    } else {
        Err(format!("header name {name} is not a valid header name"))
    }
}

/// A header name of a probe.
pub(crate) fn probe_name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        Err(EMPTY.to_owned())
    } else if name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        Ok(())
    } else {
        Err(format!("header name {name} is not a valid header name"))
    }
}

/// Checks changes of headers; `path` is that of the changes.
pub(crate) fn operations(headers: &Headers, path: &Trail<'_>, issues: &mut Issues) {
    if let Some(request) = &headers.request {
        let path = path.field("request");
        values(&request.add, request_name, &path.field("add"), issues);
        values(&request.set, request_name, &path.field("set"), issues);
        removed(request, &path, issues);
    }
    if let Some(response) = &headers.response {
        let path = path.field("response");
        values(&response.add, changed_name, &path.field("add"), issues);
        values(&response.set, changed_name, &path.field("set"), issues);
        removed(response, &path, issues);
    }
}

type NameCheck = fn(&str) -> Result<(), String>;

fn values(map: &Labels, name_check: NameCheck, path: &Trail<'_>, issues: &mut Issues) {
    for (name, value) in map {
        let path = path.field(name);
        name_issue(name, name_check, &path, issues);
        if let Some(issue) = issues.check_value(&path, value, header_value(value)) {
            issue.help(
                "% begins a variable such as %DOWNSTREAM_REMOTE_ADDRESS%; a percent sign itself \
                 is written %%",
            );
        }
    }
}

fn removed(operations: &HeaderOperations, path: &Trail<'_>, issues: &mut Issues) {
    let path = path.field("remove");
    for (index, name) in operations.remove.iter().enumerate() {
        name_issue(name, changed_name, &path.item(index), issues);
    }
}

fn name_issue(name: &Str, check: NameCheck, path: &Trail<'_>, issues: &mut Issues) {
    if let Some(issue) = issues.check_value(path, name, check(name)) {
        if name.eq_ignore_ascii_case("host") {
            issue.help("use rewrite.authority to change the host");
        } else if name.starts_with(':') {
            issue.help("pseudo headers cannot be changed here; see the fields of rewrite");
        }
    }
}

/// A name whose value a request's change adds or sets.
fn request_name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        Err(EMPTY.to_owned())
    } else if name.starts_with(':') && !name.eq_ignore_ascii_case(":authority") {
        Err(pseudo_header(name))
    } else {
        Ok(())
    }
}

/// A name that another change is about.
fn changed_name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        Err(EMPTY.to_owned())
    } else if name.eq_ignore_ascii_case("host") {
        Err(format!(
            "invalid header {}: cannot set Host header",
            quote(name)
        ))
    } else if name.starts_with(':') {
        Err(pseudo_header(name))
    } else {
        Ok(())
    }
}

fn pseudo_header(name: &str) -> String {
    format!(
        "invalid header {}: header cannot have \":\" prefix",
        quote(name)
    )
}

/// Where in a header's value the reader is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Literal,
    Name,
    Arguments,
    Element,
    Text,
    Delimiter,
    ArgumentsEnd,
    VariableEnd,
}

/// The value of a header that is added or set: text with variables between percent signs. It is
/// read as Envoy reads it.
fn header_value(value: &str) -> Result<(), String> {
    if value.bytes().any(|b| matches!(b, 0..=8 | 10..=31 | 127)) {
        return Err(format!("header value configuration {value} is invalid"));
    }
    let fail = |why: &str| {
        Err(format!(
            "header value configuration: invalid header configuration. {why}"
        ))
    };
    let mut state = State::Literal;
    let mut bytes = value.bytes().peekable();
    while let Some(byte) = bytes.next() {
        state = match (state, byte) {
            (State::Literal, b'%') => match bytes.peek() {
                None => return fail("Un-escaped %"),
                Some(b'%') => {
                    bytes.next();
                    State::Literal
                }
                Some(_) => State::Name,
            },
            (State::Name | State::VariableEnd, b'%') => State::Literal,
            (State::Name, b'(') => State::Arguments,
            (State::Arguments, b'[') | (State::Delimiter, b',') => State::Element,
            (State::Text, b'\\') => {
                if bytes.next().is_none() {
                    return fail("Un-terminated backslash in JSON string");
                }
                State::Text
            }
            (State::Text | State::ArgumentsEnd, b')') => State::VariableEnd,
            (State::Text, b'"') => State::Delimiter,
            (State::Delimiter, b']') => State::ArgumentsEnd,
            (State::Literal | State::Name | State::Text, _) | (_, b' ') => state,
            (State::Arguments, _) | (State::Element, b'"') => State::Text,
            (State::Element, _) => return fail("Expecting '\"'"),
            (State::Delimiter, _) => return fail("Expecting ',', ']', or whitespace"),
            (State::ArgumentsEnd, _) => {
                return fail("Expecting ')' or whitespace after '{}', but found '{}'");
            }
            (State::VariableEnd, _) => return fail("Expecting '%' or whitespace after"),
        };
    }
    if state == State::Literal {
        Ok(())
    } else {
        fail(&format!("Un-terminated variable expression '{value}'"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_envoy_reads_them() {
        for value in [
            "",
            "a",
            "%HOSTNAME%",
            "%REQ(x-a)%",
            r#"%A(["x","y"])%"#,
            r#"%A( [ "x" ] ) %"#,
            "100%%",
            r#"%A(["a\"b"])%"#,
            "a\tb",
            "grüße",
        ] {
            assert_eq!(header_value(value), Ok(()), "{value}");
        }
        for (value, why) in [
            ("%A([x])%", "Expecting '\"'"),
            (r#"%A(["x";"y"])%"#, "Expecting ',', ']', or whitespace"),
            (
                r#"%A(["x"]x)%"#,
                "Expecting ')' or whitespace after '{}', but found '{}'",
            ),
            ("%REQ(a)b%", "Expecting '%' or whitespace after"),
            ("100%", "Un-escaped %"),
            ("%START_TIME%%", "Un-escaped %"),
            ("%HOSTNAME", "Un-terminated variable expression '%HOSTNAME'"),
            (r"%REQ(a\", "Un-terminated backslash in JSON string"),
        ] {
            let message =
                format!("header value configuration: invalid header configuration. {why}");
            assert_eq!(header_value(value), Err(message));
        }
    }

    #[test]
    fn claims() {
        for name in [
            "@request.auth.claims.sub",
            "@Request.Auth.Claims[group]",
            "@request.auth.claims.a.b",
        ] {
            assert!(is_claim(name), "{name}");
        }
        for name in [
            "@request.auth.claims",
            "@request.auth.claims.",
            "@request.auth.claims[]",
        ] {
            assert!(!is_claim(name), "{name}");
        }
    }
}
