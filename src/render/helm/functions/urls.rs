//! `urlParse` and `urlJoin`, as Go's net/url splits and joins.

use super::super::engine::Engine;
use super::super::fault::{Fault, Res};
use super::super::value::{Map, Val, put};
use super::{Function, map, new, text};

pub(super) static TABLE: [Function; 2] = [
    new("urlParse", "s", |_, args| {
        let source = text(args, 0);
        parse(&source.lossy()).map_err(|problem| {
            Fault::error(format!(
                "unable to parse url: parse {:?}: {problem}",
                source.lossy()
            ))
        })
    }),
    new("urlJoin", "m", join),
];

fn parse(source: &str) -> Result<Val, String> {
    if source.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
        return Err("invalid control character in URL".to_owned());
    }
    let (rest, fragment) = source.split_once('#').unwrap_or((source, ""));
    let (scheme, rest) = scheme(rest)?;
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let mut out = Map::new();
    let (mut opaque, mut host, mut userinfo, mut path) = ("", "", "", "");
    if !rest.starts_with('/') && !scheme.is_empty() {
        opaque = rest;
    } else if let Some(after) = rest.strip_prefix("//") {
        let at = after.find('/').unwrap_or(after.len());
        let (authority, tail) = after.split_at_checked(at).unwrap_or((after, ""));
        path = tail;
        (userinfo, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        check_host(host)?;
    } else {
        if scheme.is_empty()
            && rest
                .split('/')
                .next()
                .is_some_and(|part| part.contains(':'))
        {
            return Err("first path segment in URL cannot contain colon".to_owned());
        }
        path = rest;
    }
    let path = unescape(path).ok_or_else(|| "invalid URL escape".to_owned())?;
    put(&mut out, "scheme", scheme.to_ascii_lowercase());
    put(&mut out, "host", host);
    put(&mut out, "hostname", hostname(host));
    put(&mut out, "path", path);
    put(&mut out, "query", query);
    put(&mut out, "opaque", opaque);
    put(&mut out, "fragment", unescape(fragment).unwrap_or_default());
    put(&mut out, "userinfo", userinfo);
    Ok(Val::map(out))
}

fn scheme(source: &str) -> Result<(&str, &str), String> {
    for (at, byte) in source.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => {
                let (scheme, rest) = source.split_at_checked(at).unwrap_or((source, ""));
                return Ok((scheme, rest.strip_prefix(':').unwrap_or(rest)));
            }
            _ => break,
        }
    }
    Ok(("", source))
}

fn check_host(host: &str) -> Result<(), String> {
    if host.starts_with('[') {
        return if host.contains(']') {
            Ok(())
        } else {
            Err("missing ']' in host".to_owned())
        };
    }
    if let Some((_, port)) = host.rsplit_once(':')
        && !port.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Err(format!("invalid port {:?} after host", format!(":{port}")));
    }
    if let Some(bad) = host.chars().find(|char| " \"<>\\^`{|}".contains(*char)) {
        return Err(format!("invalid character {bad:?} in host name"));
    }
    Ok(())
}

fn hostname(host: &str) -> &str {
    if let Some(inner) = host.strip_prefix('[') {
        return inner.split_once(']').map_or(inner, |(name, _)| name);
    }
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

fn unescape(source: &str) -> Option<String> {
    let mut out = Vec::with_capacity(source.len());
    let bytes = source.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if *byte == b'%' {
            let digits = source.get(at + 1..at + 3)?;
            out.push(u8::from_str_radix(digits, 16).ok()?);
            at += 3;
        } else {
            out.push(*byte);
            at += 1;
        }
    }
    Some(String::from_utf8_lossy(&out).into_owned())
}

fn join(_: &mut Engine, args: &[Val]) -> Res<Val> {
    let parts = map(args, 0);
    let part = |name: &str| -> Res<String> {
        let found = parts.borrow().get(name.as_bytes()).map(|e| e.val.clone());
        match found {
            None => Ok(String::new()),
            Some(value) => match value.as_str() {
                Some(text) => Ok(text.lossy().into_owned()),
                None => Err(Fault::error(format!(
                    "unable to parse {name} key, must be of type string, but {} found",
                    value.type_name()
                ))),
            },
        }
    };
    let mut out = String::new();
    let (scheme, host, userinfo) = (part("scheme")?, part("host")?, part("userinfo")?);
    let (path, query) = (part("path")?, part("query")?);
    let (opaque, fragment) = (part("opaque")?, part("fragment")?);
    if !scheme.is_empty() {
        out.push_str(&scheme);
        out.push(':');
    }
    if opaque.is_empty() {
        if !scheme.is_empty() || !host.is_empty() || !userinfo.is_empty() {
            if !host.is_empty() || !path.is_empty() || !userinfo.is_empty() {
                out.push_str("//");
            }
            if !userinfo.is_empty() {
                out.push_str(&userinfo);
                out.push('@');
            }
            out.push_str(&host);
        }
        if !path.is_empty() && !path.starts_with('/') && !host.is_empty() {
            out.push('/');
        }
        out.push_str(&escape_path(&path));
    } else {
        out.push_str(&opaque);
    }
    if !query.is_empty() {
        out.push('?');
        out.push_str(&query);
    }
    if !fragment.is_empty() {
        out.push('#');
        out.push_str(&escape_path(&fragment));
    }
    Ok(out.into())
}

fn escape_path(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@!'()*%".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
