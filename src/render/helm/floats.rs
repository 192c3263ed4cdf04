//! Floats as Go prints them.

/// A float in the shortest digits that give it back, with an exponent below 1e-4 and from 1e6 on.
pub(super) fn float_g(value: f64) -> String {
    let (digits, exponent, negative) = match shortest(value) {
        Ok(parts) => parts,
        Err(word) => return word.to_owned(),
    };
    general(&digits, exponent, negative, 6)
}

/// The shortest digits, the decimal exponent of the first and the sign; or a word for what has
/// none.
fn shortest(value: f64) -> Result<(String, i32, bool), &'static str> {
    if value.is_nan() {
        return Err("NaN");
    }
    if value.is_infinite() {
        return Err(if value > 0.0 { "+Inf" } else { "-Inf" });
    }
    let text = format!("{:e}", value.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits = mantissa.replace('.', "");
    Ok((
        digits,
        exponent.parse().unwrap_or(0),
        value.is_sign_negative(),
    ))
}

pub(super) fn general(digits: &str, exponent: i32, negative: bool, threshold: i32) -> String {
    if exponent < -4 || exponent >= threshold {
        scientific(digits, exponent, negative)
    } else {
        positional(digits, exponent, negative)
    }
}

fn scientific(digits: &str, exponent: i32, negative: bool) -> String {
    let sign = if negative { "-" } else { "" };
    let (first, rest) = digits.split_at_checked(1).unwrap_or((digits, ""));
    let dot = if rest.is_empty() { "" } else { "." };
    let direction = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{first}{dot}{rest}e{direction}{:02}", exponent.abs())
}

fn positional(digits: &str, exponent: i32, negative: bool) -> String {
    let sign = if negative { "-" } else { "" };
    if exponent < 0 {
        let zeros = usize::try_from(-exponent - 1).unwrap_or(0);
        return format!("{sign}0.{}{digits}", "0".repeat(zeros));
    }
    let whole = usize::try_from(exponent).unwrap_or(0) + 1;
    match digits.split_at_checked(whole) {
        Some((digits, "")) => format!("{sign}{digits}"),
        Some((whole, fraction)) => format!("{sign}{whole}.{fraction}"),
        None => format!("{sign}{digits}{}", "0".repeat(whole - digits.len())),
    }
}

/// A float as JSON has it: with an exponent below 1e-6 and from 1e21 on.
pub(super) fn float_json(value: f64) -> Option<String> {
    let (digits, exponent, negative) = shortest(value).ok()?;
    if value == 0.0 {
        return Some(if negative { "-0" } else { "0" }.to_owned());
    }
    if (-6..21).contains(&exponent) {
        return Some(positional(&digits, exponent, negative));
    }
    let text = scientific(&digits, exponent, negative);
    Some(text.replace("e-0", "e-"))
}
