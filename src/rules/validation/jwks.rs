//! JSON Web Key Sets, as far as validation looks at them.

use serde_json::{Map, Value};

/// Parses a set, or a single key, and gives the indices of the keys that hold secrets.
pub(super) fn secret_keys(text: &str) -> Result<Vec<usize>, String> {
    let set: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let Value::Object(set) = set else {
        return Err("not a JSON object".to_owned());
    };
    let keys = match set.get("keys") {
        Some(Value::Array(keys)) if !keys.is_empty() => keys.as_slice(),
        _ => {
            return Ok(if is_secret(&set)? {
                vec![0]
            } else {
                Vec::new()
            });
        }
    };
    let mut secrets = Vec::new();
    for (index, key) in keys.iter().enumerate() {
        let Value::Object(key) = key else {
            return Err(format!("key at index {index} is not a JSON object"));
        };
        if is_secret(key).map_err(|why| format!("key at index {index}: {why}"))? {
            secrets.push(index);
        }
    }
    Ok(secrets)
}

/// Whether a key holds private or symmetric material; an error if it is no key.
fn is_secret(key: &Map<String, Value>) -> Result<bool, String> {
    let kind = key.get("kty").and_then(Value::as_str).unwrap_or_default();
    let (words, numbers): (&[&str], &[&str]) = match kind {
        "RSA" => (&[], &["n", "e"]),
        "EC" => (&["crv"], &["x", "y"]),
        "OKP" => (&["crv"], &["x"]),
        "oct" => (&[], &["k"]),
        "" => return Err("field kty is missing".to_owned()),
        other => return Err(format!("key type {other:?} is not known")),
    };
    let field = |name: &str| {
        let text = key.get(name).and_then(Value::as_str).unwrap_or_default();
        if text.is_empty() {
            Err(format!("field {name} is missing"))
        } else {
            Ok(text)
        }
    };
    for name in words {
        field(name)?;
    }
    for name in numbers {
        if !is_base64(field(name)?) {
            return Err(format!("field {name} is not base64url"));
        }
    }
    Ok(kind == "oct" || key.contains_key("d"))
}

/// Whether it is base64 in either alphabet, padded or not.
fn is_base64(text: &str) -> bool {
    let text = text.trim_end_matches('=');
    text.len() % 4 != 1
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_+/".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::secret_keys;

    #[test]
    fn finds_secrets() {
        for (text, secrets) in [
            (r#"{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}"#, vec![]),
            (r#"{"kty":"oct","k":"c2VjcmV0"}"#, vec![0]),
            (
                r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AQAB"},{"kty":"OKP","crv":"Ed25519","x":"AQAB","d":"AQAB"}]}"#,
                vec![1],
            ),
        ] {
            assert_eq!(secret_keys(text), Ok(secrets), "{text}");
        }
        for text in [
            "",
            "[]",
            "{}",
            r#"{"keys":[{}]}"#,
            r#"{"keys":[]}"#,
            "-----BEGIN",
        ] {
            assert!(secret_keys(text).is_err(), "{text}");
        }
    }
}
