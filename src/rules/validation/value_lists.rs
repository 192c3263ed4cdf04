//! Checks of the value lists in an `AuthorizationPolicy`. Some report every bad item, others only
//! the first.

use crate::model::Str;

use super::issues::Issues;
use super::text::{cidr, is_ip, is_placeholder, quote};
use crate::yaml::Trail;

/// What is wrong with a list: the index of the item (`None` for the list itself) and the text.
pub(super) type Failure = (Option<usize>, String);

/// Finds the first problem of a list that is shown under a name.
pub(super) type Check = fn(name: &str, list: &[Str]) -> Result<(), Failure>;

/// Reports the first problem of a list.
pub(super) fn first(check: Check, name: &str, list: &[Str], path: &Trail<'_>, issues: &mut Issues) {
    if let Err((index, message)) = check(name, list) {
        match index {
            Some(index) => issues.error(&path.item(index), message),
            None => issues.error(path, message),
        };
    }
}

/// Reports every bad item of a list.
pub(super) fn each(
    check: fn(&str) -> Result<(), String>,
    list: &[Str],
    path: &Trail<'_>,
    issues: &mut Issues,
) {
    for (index, message) in failures(check, list) {
        issues.error(&path.item(index), message);
    }
}

/// Every bad item of a list with its text.
pub(super) fn failures(
    check: fn(&str) -> Result<(), String>,
    list: &[Str],
) -> impl Iterator<Item = (usize, String)> {
    list.iter().enumerate().filter_map(move |(index, item)| {
        if is_placeholder(item) {
            return None;
        }
        check(item).err().map(|message| (index, message))
    })
}

/// An address or a CIDR.
pub(super) fn ip_block(text: &str) -> Result<(), String> {
    if text.contains('/') {
        cidr(text).map_err(|why| format!("bad CIDR range ({text}): {why}"))
    } else if is_ip(text) {
        Ok(())
    } else {
        Err(format!("bad IP address ({text})"))
    }
}

/// A port in decimal; 0 is fine.
pub(super) fn port(text: &str) -> Result<(), String> {
    let parse_error = |why: &str| {
        Err(format!(
            "bad port ({text}): strconv.ParseUint: parsing {}: {why}",
            quote(text)
        ))
    };
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return parse_error("invalid syntax");
    }
    match text.parse::<u32>() {
        Ok(0..=65535) => Ok(()),
        Ok(_) => Err(format!("bad port ({text}): <nil>")),
        Err(_) => parse_error("value out of range"),
    }
}

/// No item may be empty.
pub(super) fn non_empty(name: &str, list: &[Str]) -> Result<(), Failure> {
    match list.iter().position(Str::is_empty) {
        Some(index) => Err((
            Some(index),
            format!("empty value not allowed, found in {name}"),
        )),
        None => Ok(()),
    }
}

/// At most one wildcard, at the beginning or the end.
pub(super) fn wildcards(name: &str, list: &[Str]) -> Result<(), Failure> {
    non_empty(name, list)?;
    known(list).try_for_each(|(index, item)| {
        let inside = item
            .find('*')
            .is_some_and(|at| at != 0 && at + 1 != item.len());
        let why = if item.matches('*').count() > 1 {
            "at most one wildcard is allowed"
        } else if inside {
            "wildcard is only allowed at the start or end"
        } else {
            return Ok(());
        };
        Err((
            Some(index),
            format!("{why}, found in {name}: {}", quote(item)),
        ))
    })
}

/// Wildcards at one end, and no slash.
pub(super) fn trust_domains(name: &str, list: &[Str]) -> Result<(), Failure> {
    wildcards(name, list)?;
    let slash = known(list).find(|(_, item)| item.contains('/'));
    slash.map_or(Ok(()), |(index, item)| {
        Err((
            Some(index),
            format!(
                "trust domain must not contain '/', found in {name}: {}",
                quote(item)
            ),
        ))
    })
}

/// `serviceAccount` or `namespace/serviceAccount`, at most 16 of them.
pub(super) fn service_accounts(name: &str, list: &[Str]) -> Result<(), Failure> {
    const FORMAT: &str = "expected format 'serviceAccount' or 'namespace/serviceAccount'";
    if list.len() > 16 {
        return Err((None, "may not have more than 16 values".to_owned()));
    }
    known(list).try_for_each(|(index, item)| {
        let quoted = || quote(item);
        let message = if item.is_empty() {
            format!("empty value not allowed, found in {name}")
        } else if item.contains('*') {
            format!("wildcard not allowed, found in {name}")
        } else if item.matches('/').count() > 1 {
            format!("{FORMAT}, found {} in {name}", quoted())
        } else if item.len() > 320 {
            format!(
                "value cannot exceed 320 characters, found {} in {name}",
                quoted()
            )
        } else {
            match item.split_once('/') {
                Some(("", _)) => {
                    format!("{FORMAT}, found empty namespace {} in {name}", quoted())
                }
                Some((_, "")) => {
                    format!(
                        "{FORMAT}, found empty serviceAccount {} in {name}",
                        quoted()
                    )
                }
                _ => return Ok(()),
            }
        };
        Err((Some(index), message))
    })
}

/// Path templates: `{*}` for a segment, `{**}` once for any number of them.
pub(super) fn path_templates(name: &str, list: &[Str]) -> Result<(), Failure> {
    for (index, item) in list.iter().enumerate() {
        // `{{*}}` is a mistake in a template rather than a placeholder.
        if !is_placeholder(item) || item.contains("{{*") {
            path_template(name, item).map_err(|message| (Some(index), message))?;
        }
    }
    Ok(())
}

fn path_template(name: &str, item: &str) -> Result<(), String> {
    let path = item.trim_matches('/');
    let is_template = item.contains("{*}") || item.contains("{**}");
    let fail = |why: std::fmt::Arguments<'_>| {
        Err(format!(
            "invalid or unsupported path {path}, found in {name}. {why}"
        ))
    };
    let mut seen_rest = false;
    for segment in path.split('/') {
        if segment == "{*}" || segment == "{**}" {
            if seen_rest {
                return fail(format_args!("{{**}} is not the last operator"));
            }
            seen_rest = segment == "{**}";
        } else if segment.contains(['{', '}']) {
            return fail(format_args!(
                "Contains '{{' or '}}' beyond a supported path template"
            ));
        } else if is_template && !is_literal(segment) {
            return fail(format_args!(
                "Contains segment {segment} with invalid string literal"
            ));
        }
    }
    Ok(())
}

fn is_literal(segment: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~%!$&'()+,;:@=".contains(&b);
    !segment.is_empty() && segment.bytes().all(allowed)
}

/// The items that are written out in full.
fn known(list: &[Str]) -> impl Iterator<Item = (usize, &Str)> {
    list.iter()
        .enumerate()
        .filter(|(_, item)| !is_placeholder(item))
}
