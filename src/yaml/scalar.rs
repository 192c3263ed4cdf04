//! What a plain scalar means, as the API server's YAML reader (go-yaml 2 behind sigs.k8s.io/yaml)
//! resolves it.

/// The value of a scalar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scalar<'t> {
    /// Nothing, `~` or `null`.
    Null,
    /// A boolean, in the words of YAML 1.1 (`on`, `yes`, ...).
    Bool(bool),
    /// An integer.
    Int(i128),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// Text.
    Str(&'t str),
}

impl Scalar<'_> {
    /// The name of the type for messages.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "an integer",
            Self::Float(_) => "a number",
            Self::Str(_) => "a string",
        }
    }
}

/// Resolves a plain (unquoted) scalar.
pub(super) fn resolve(text: &str) -> Scalar<'_> {
    let Some(first) = text.bytes().next() else {
        return Scalar::Null;
    };
    match first {
        b'0'..=b'9' | b'-' | b'+' | b'.' => number(text).unwrap_or(Scalar::Str(text)),
        b'~' if text.len() == 1 => Scalar::Null,
        b'n' | b'N' | b'y' | b'Y' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' => word(text),
        _ => Scalar::Str(text),
    }
}

fn word(text: &str) -> Scalar<'_> {
    match text {
        "null" | "Null" | "NULL" => Scalar::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Scalar::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Scalar::Bool(false)
        }
        _ => Scalar::Str(text),
    }
}

fn number(text: &str) -> Option<Scalar<'_>> {
    match text {
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Some(Scalar::Float(f64::INFINITY));
        }
        "-.inf" | "-.Inf" | "-.INF" => return Some(Scalar::Float(f64::NEG_INFINITY)),
        ".nan" | ".NaN" | ".NAN" => return Some(Scalar::Float(f64::NAN)),
        _ => {}
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let negative = text.starts_with('-');
    if !unsigned.bytes().next()?.is_ascii_digit() && !unsigned.starts_with('.') {
        return None;
    }
    let clean;
    let digits = if unsigned.contains('_') {
        clean = unsigned.replace('_', "");
        clean.as_str()
    } else {
        unsigned
    };
    let signed = |n: i128| Scalar::Int(if negative { -n } else { n });
    if digits.bytes().all(|b| b.is_ascii_digit()) {
        if digits.len() > 1 && digits.starts_with('0') {
            if let Ok(n) = i128::from_str_radix(digits, 8) {
                return Some(signed(n));
            }
            return digits
                .parse()
                .ok()
                .map(|f: f64| Scalar::Float(if negative { -f } else { f }));
        }
        if let Ok(n) = digits.parse() {
            return Some(signed(n));
        }
    }
    for (prefix, radix) in [("0x", 16), ("0b", 2), ("0o", 8)] {
        if let Some(rest) = digits.strip_prefix(prefix) {
            return i128::from_str_radix(rest, radix)
                .ok()
                .filter(|_| !rest.starts_with(['+', '-']))
                .map(signed);
        }
    }
    let plain = digits.bytes().enumerate().all(|(i, b)| {
        b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E') || (i > 0 && matches!(b, b'+' | b'-'))
    });
    if !plain || !digits.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    digits
        .parse()
        .ok()
        .map(|f: f64| Scalar::Float(if negative { -f } else { f }))
}

/// Whether a scalar holds a placeholder that some tool fills in before the manifest is applied:
/// `${VAR}`, `$(VAR)`, `{{ template }}`, `ENC[...]` of sops. Such a value may be anything.
pub fn is_placeholder(text: &str) -> bool {
    let Some(at) = text.find(['$', '{', 'E']) else {
        return false;
    };
    let rest = text.get(at..).unwrap_or_default();
    rest.split_once("${")
        .is_some_and(|(_, tail)| tail.contains('}'))
        || rest
            .split_once("$(")
            .is_some_and(|(_, tail)| tail.contains(')'))
        || rest
            .split_once("{{")
            .is_some_and(|(_, tail)| tail.contains("}}"))
        || (rest.starts_with("ENC[") && rest.ends_with(']'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_resolve_as_the_api_server_reads_them() {
        for (text, value) in [
            ("", Scalar::Null),
            ("~", Scalar::Null),
            ("null", Scalar::Null),
            ("on", Scalar::Bool(true)),
            ("yes", Scalar::Bool(true)),
            ("Off", Scalar::Bool(false)),
            ("oN", Scalar::Str("oN")),
            ("80", Scalar::Int(80)),
            ("-1", Scalar::Int(-1)),
            ("1_000", Scalar::Int(1000)),
            ("0x1F", Scalar::Int(31)),
            ("0755", Scalar::Int(493)),
            ("0o17", Scalar::Int(15)),
            ("1.5", Scalar::Float(1.5)),
            ("1e3", Scalar::Float(1000.0)),
            ("1.2.3", Scalar::Str("1.2.3")),
            ("1.2.3.4", Scalar::Str("1.2.3.4")),
            ("5s", Scalar::Str("5s")),
            ("-", Scalar::Str("-")),
            (".", Scalar::Str(".")),
            ("v1", Scalar::Str("v1")),
            ("2024-01-01", Scalar::Str("2024-01-01")),
        ] {
            assert_eq!(resolve(text), value, "{text}");
        }
    }

    #[test]
    fn placeholders_are_recognised() {
        for text in [
            "${VAR}",
            "a-${B}-c",
            "{{ .Values.host }}",
            "ENC[AES256_GCM,data:x]",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in ["", "$", "a{b}", "ENC", "/{id}/x", "{{", "$VAR"] {
            assert!(!is_placeholder(text), "{text}");
        }
    }
}
