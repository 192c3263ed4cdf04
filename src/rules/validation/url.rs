//! URLs as Go's `net/url` parses them, with its error texts. Only the scheme is kept.

use super::text::quote;

/// Parses a URL or a relative reference (Go's `url.Parse`) and gives its scheme in lower case.
pub(crate) fn parse(text: &str) -> Result<String, String> {
    let (url, fragment) = match text.split_once('#') {
        Some((url, fragment)) => (url, Some(fragment)),
        None => (text, None),
    };
    let scheme = parts(url, false).map_err(|why| format!("parse {}: {why}", quote(url)))?;
    if let Some(fragment) = fragment {
        unescape(fragment, Part::Other).map_err(|why| format!("parse {}: {why}", quote(text)))?;
    }
    Ok(scheme)
}

/// Parses an absolute URL or path without fragment (Go's `url.ParseRequestURI`).
pub(crate) fn parse_request(text: &str) -> Result<String, String> {
    parts(text, true).map_err(|why| format!("parse {}: {why}", quote(text)))
}

fn parts(text: &str, via_request: bool) -> Result<String, String> {
    if text.bytes().any(|b| b < b' ' || b == 0x7f) {
        return Err("net/url: invalid control character in URL".to_owned());
    }
    if text.is_empty() && via_request {
        return Err("empty url".to_owned());
    }
    if text == "*" {
        return Ok(String::new());
    }
    let (scheme, rest) = split_scheme(text)?;
    let rest = rest.split_once('?').map_or(rest, |(path, _)| path);
    if !rest.starts_with('/') {
        if !scheme.is_empty() {
            return Ok(scheme.to_ascii_lowercase());
        }
        if via_request {
            return Err("invalid URI for request".to_owned());
        }
        if rest.split('/').next().is_some_and(|s| s.contains(':')) {
            return Err("first path segment in URL cannot contain colon".to_owned());
        }
    }
    let has_authority = rest.starts_with("//")
        && (!scheme.is_empty() || (!via_request && !rest.starts_with("///")));
    let path = if has_authority {
        let after = rest.get(2..).unwrap_or_default();
        let end = after.find('/').unwrap_or(after.len());
        let (authority, path) = after.split_at(end);
        check_authority(authority)?;
        path
    } else {
        rest
    };
    unescape(path, Part::Other)?;
    Ok(scheme.to_ascii_lowercase())
}

fn split_scheme(text: &str) -> Result<(&str, &str), String> {
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => return Ok(text.split_once(':').unwrap_or(("", text))),
            _ => break,
        }
    }
    Ok(("", text))
}

fn check_authority(authority: &str) -> Result<(), String> {
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    check_host(host)?;
    let Some(user) = user else {
        return Ok(());
    };
    let valid = |b: u8| b.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&b);
    if !user.bytes().all(valid) {
        return Err("net/url: invalid userinfo".to_owned());
    }
    unescape(user, Part::Other)
}

fn check_host(host: &str) -> Result<(), String> {
    let invalid_port = |port: &str| format!("invalid port {} after host", quote(port));
    if host.starts_with('[') {
        let Some((address, port)) = host.rsplit_once(']') else {
            return Err("missing ']' in host".to_owned());
        };
        if !is_optional_port(port) {
            return Err(invalid_port(port));
        }
        if let Some((address, zone)) = address.split_once("%25") {
            unescape(address, Part::Host)?;
            return unescape(zone, Part::Zone);
        }
    } else if let Some(colon) = host.rfind(':') {
        let port = host.get(colon..).unwrap_or_default();
        if !is_optional_port(port) {
            return Err(invalid_port(port));
        }
    }
    unescape(host, Part::Host)
}

fn is_optional_port(text: &str) -> bool {
    text.is_empty()
        || text
            .strip_prefix(':')
            .is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Host,
    Zone,
    Other,
}

/// Checks escapes, and in hosts the characters.
fn unescape(text: &str, part: Part) -> Result<(), String> {
    let bad_escape = |escape: &str| format!("invalid URL escape {}", quote(escape));
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        if c == '%' {
            let rest = text.get(at..).unwrap_or_default();
            let hex = rest
                .get(1..3)
                .and_then(|digits| u8::from_str_radix(digits, 16).ok())
                .filter(|_| rest.as_bytes().get(1) != Some(&b'+'));
            let Some(byte) = hex else {
                return Err(bad_escape(&rest.chars().take(3).collect::<String>()));
            };
            let escape = rest.get(..3).unwrap_or_default();
            let allowed = match part {
                Part::Other => true,
                Part::Host => escape == "%25" || byte >= 0x80,
                Part::Zone => escape == "%25" || byte == b' ' || is_host_byte(byte),
            };
            if !allowed {
                return Err(bad_escape(escape));
            }
            chars.nth(1);
        } else if part != Part::Other && c.is_ascii() && !is_host_byte(c as u8) {
            return Err(format!(
                "invalid character {} in host name",
                quote(&c.to_string())
            ));
        }
    }
    Ok(())
}

fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!$&'()*+,;=:[]<>\"-_.~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_as_go_does() {
        for (text, result) in [
            ("https://foo.com:", Ok("https")),
            ("HTTP://example.com/jwks", Ok("http")),
            ("foo.com", Ok("")),
            ("ftp+x.y-z:rest", Ok("ftp+x.y-z")),
            (
                "https://foo.com:not-a-number",
                Err(
                    r#"parse "https://foo.com:not-a-number": invalid port ":not-a-number" after host"#,
                ),
            ),
            (
                "https://exa mple.com/jwks",
                Err(r#"parse "https://exa mple.com/jwks": invalid character " " in host name"#),
            ),
            (
                "https://a/%zz",
                Err(r#"parse "https://a/%zz": invalid URL escape "%zz""#),
            ),
            (":a", Err(r#"parse ":a": missing protocol scheme"#)),
            (
                "1:a",
                Err(r#"parse "1:a": first path segment in URL cannot contain colon"#),
            ),
        ] {
            assert_eq!(
                parse(text),
                result.map(str::to_owned).map_err(str::to_owned)
            );
        }
        assert!(parse_request("foo.com/x").is_err());
        assert_eq!(parse_request("/foo"), Ok(String::new()));
        assert!(parse_request("http://#%blah$#@").is_err());
    }
}
