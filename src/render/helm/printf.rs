//! The formats of `printf`.

use super::engine::Engine;
use super::fault::Res;
use super::format::{Spec, value};
use super::text::{Text, TextBuilder};
use super::value::{Data, Val};

/// Width and precision beyond which Go complains.
const WIDEST: usize = 1_000_000;

/// `printf`.
pub(super) fn printf(engine: &mut Engine, format: &Text, args: &[Val]) -> Res<Text> {
    let mut out = TextBuilder::default();
    let bytes = format.bytes();
    let mut at = 0;
    let mut next = 0;
    let mut reordered = false;
    while at < bytes.len() {
        let rest = bytes.get(at..).unwrap_or_default();
        let literal = rest.iter().position(|byte| *byte == b'%');
        let end = at + literal.unwrap_or(rest.len());
        out.push_slice(format, at..end);
        at = end;
        if at >= bytes.len() {
            break;
        }
        at += 1;
        let mut spec = Spec::default();
        while let Some(flag) = bytes.get(at) {
            match flag {
                b'-' => {
                    spec.minus = true;
                    spec.zero = false;
                }
                b'+' => spec.plus = true,
                b'#' => spec.sharp = true,
                b' ' => spec.space = true,
                b'0' => spec.zero = !spec.minus,
                _ => break,
            }
            at += 1;
        }
        reordered |= index(bytes, &mut at, &mut next, args.len());
        let mut bad = None;
        spec.width = number(bytes, &mut at, args, &mut next, &mut bad, &mut spec.minus);
        if let Some(b'.') = bytes.get(at) {
            at += 1;
            reordered |= index(bytes, &mut at, &mut next, args.len());
            let mut negative = false;
            spec.precision =
                number(bytes, &mut at, args, &mut next, &mut bad, &mut negative).or(Some(0));
            if negative {
                spec.precision = None;
            }
        }
        if let Some(bad) = bad {
            out.plain(bad);
        }
        reordered |= index(bytes, &mut at, &mut next, args.len());
        let rest = bytes.get(at..).unwrap_or_default();
        let Some((verb, len)) = super::lexer::decode(rest) else {
            out.plain("%!(NOVERB)");
            break;
        };
        at += len;
        if verb == '%' {
            out.plain("%");
            continue;
        }
        let Some(arg) = args.get(next) else {
            let word = if next == usize::MAX {
                "BADINDEX"
            } else {
                "MISSING"
            };
            out.plain(format!("%!{verb}({word})"));
            continue;
        };
        next += 1;
        spec.verb = u8::try_from(verb).unwrap_or(b'?');
        // With `%+v` fields of structs have names; it says nothing of signs.
        spec.plus &= verb != 'v';
        value(engine, &mut out, arg, &spec, 0)?;
        engine.check_size(out.len())?;
    }
    if !reordered && next < args.len() {
        out.plain("%!(EXTRA ");
        for (index, arg) in args.iter().skip(next).enumerate() {
            if index > 0 {
                out.plain(", ");
            }
            if arg.is_nil() {
                out.plain("<nil>");
            } else {
                out.plain(arg.type_name());
                out.plain("=");
                value(engine, &mut out, arg, &Spec::plain(b'v'), 0)?;
            }
        }
        out.plain(")");
    }
    engine.charge(out.len())?;
    Ok(out.finish())
}

/// Reads `[n]`.
fn index(bytes: &[u8], at: &mut usize, next: &mut usize, len: usize) -> bool {
    if bytes.get(*at) != Some(&b'[') {
        return false;
    }
    let rest = bytes.get(*at + 1..).unwrap_or_default();
    let Some(end) = rest.iter().position(|byte| *byte == b']') else {
        *at += 1;
        *next = usize::MAX;
        return true;
    };
    let digits = std::str::from_utf8(rest.get(..end).unwrap_or_default()).unwrap_or_default();
    *at += end + 2;
    *next = match digits.parse::<usize>() {
        Ok(number) if number >= 1 && number <= len => number - 1,
        _ => usize::MAX,
    };
    true
}

/// Reads a width or a precision.
fn number(
    bytes: &[u8],
    at: &mut usize,
    args: &[Val],
    next: &mut usize,
    bad: &mut Option<&'static str>,
    negative: &mut bool,
) -> Option<usize> {
    if bytes.get(*at) == Some(&b'*') {
        *at += 1;
        let arg = args.get(*next).map(|arg| &arg.data);
        *next = next.saturating_add(1);
        let Some(Data::Int(value, _)) = arg else {
            *bad = Some("%!(BADWIDTH)");
            return None;
        };
        *negative |= *value < 0;
        return usize::try_from(value.unsigned_abs())
            .ok()
            .filter(|width| *width <= WIDEST);
    }
    let start = *at;
    while bytes.get(*at).is_some_and(u8::is_ascii_digit) {
        *at += 1;
    }
    let digits = std::str::from_utf8(bytes.get(start..*at)?).ok()?;
    digits.parse().ok().filter(|width| *width <= WIDEST)
}
