//! Values of options that more than one subcommand takes.

/// The name of a namespace: a DNS label.
pub(super) fn namespace(text: &str) -> Result<String, String> {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_label = (1..=63).contains(&text.len())
        && text.bytes().all(|byte| is_inner(byte) || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-');
    if is_label {
        return Ok(text.to_owned());
    }
    Err(
        "a namespace has 1 to 63 lower case letters, digits and dashes, with no dash at either end"
            .to_owned(),
    )
}

/// A glob, which must hold something.
pub(super) fn glob(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("an empty glob leaves nothing out".to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_are_dns_labels() {
        for name in ["default", "a", "team-1", &"a".repeat(63)] {
            assert_eq!(namespace(name), Ok(name.to_owned()));
        }
        for name in ["", "A", "a b", "-a", "a-", "a.b", "\u{e9}", &"a".repeat(64)] {
            assert!(namespace(name).is_err(), "{name}");
        }
    }
}
