//! Hosts in the texts that programs are given: URLs and `host:port`.

/// The hosts of a text that stand in a URL or before a port, with the port. A name alone may be
/// anything.
pub(super) fn hosts_in(text: &str) -> impl Iterator<Item = (&str, Option<i64>)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = text.get(at..)?;
            let start = at + rest.find(is_part)?;
            let run = text.get(start..)?;
            let end = start + run.find(|c| !is_part(c)).unwrap_or(run.len());
            at = end;
            let host = text.get(start..end)?;
            let port = text.get(end..).and_then(port_at);
            let is_url = text.get(..start)?.ends_with("://") && !has_user(run);
            if is_url || port.is_some() {
                return Some((host, port));
            }
        }
    })
}

/// Whether what follows the scheme of a URL begins with a user's name.
fn has_user(rest: &str) -> bool {
    let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | ','));
    rest.get(..end.unwrap_or(rest.len()))
        .is_some_and(|authority| authority.contains('@'))
}

/// The port that follows a host: a colon and a number.
fn port_at(rest: &str) -> Option<i64> {
    let digits = rest.strip_prefix(':')?;
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    let after = digits.get(end..)?.chars().next();
    if after.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '@')) {
        return None;
    }
    let port = digits.get(..end)?.parse().ok()?;
    (1..=65535).contains(&port).then_some(port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_stand_in_urls_or_before_a_port() {
        for (text, expected) in [
            ("http://api:8080/x?y=z", &[("api", Some(8080))][..]),
            ("grpc://api.shop", &[("api.shop", None)]),
            (
                "--db=pg.data.svc:5432,other",
                &[("pg.data.svc", Some(5432))],
            ),
            (
                "kafka-0:9092,kafka-1:9092",
                &[("kafka-0", Some(9092)), ("kafka-1", Some(9092))],
            ),
            ("postgres://u:secret@pg:5432/db", &[("pg", Some(5432))]),
            ("api", &[]),
            ("level:debug", &[]),
            ("image:1.2", &[]),
            ("a:99999", &[]),
            ("ключ=http://api/", &[("api", None)]),
        ] {
            assert_eq!(hosts_in(text).collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
