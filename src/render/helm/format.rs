//! How values print: `{{ }}`, print, `%v` and the verbs of printf, as Go's fmt has them.

use super::engine::Engine;
use super::fault::{Fault, Res};
use super::floats::{float_g, general};
use super::objects::Object;
use super::strconv;
use super::text::{EXACT, LITERAL, OriginId, Piece, Text, TextBuilder, UNKNOWN};
use super::value::{DEEPEST, Data, Val};

/// The piece of a printed scalar that is no string.
pub(super) fn scalar_piece(engine: &Engine, val: &Val, text: &str) -> Piece {
    let mut flags = val.flags & super::value::UNKNOWN_VALUE;
    flags = if flags == 0 { 0 } else { UNKNOWN };
    if val.origin != OriginId::NONE && engine.tracker.text(val.origin) == Some(text) {
        flags |= EXACT;
    }
    Piece {
        origin: val.origin,
        flags,
        ..Piece::PLAIN
    }
}

/// What `{{ value }}` writes.
pub(super) fn print_value(engine: &mut Engine, val: &Val) -> Res<Text> {
    if val.is_nil() {
        let piece = Piece::exact(val.origin);
        return Ok(Text::of(&b"<no value>"[..], piece));
    }
    show(engine, val)
}

/// The value as `%v` shows it.
pub(super) fn show(engine: &mut Engine, val: &Val) -> Res<Text> {
    if let Data::Str(text) = &val.data {
        return Ok(text.clone());
    }
    let mut out = TextBuilder::default();
    value(engine, &mut out, val, &Spec::plain(b'v'), 0)?;
    Ok(out.finish())
}

/// What Go's `Sprint` makes of its arguments: spaces between those that are both no strings.
pub(super) fn sprint(engine: &mut Engine, args: &[Val], line: bool) -> Res<Text> {
    let mut out = TextBuilder::default();
    let mut before = true;
    for (index, arg) in args.iter().enumerate() {
        let is_string = arg.as_str().is_some();
        if index > 0 && (line || !(is_string || before)) {
            out.plain(" ");
        }
        before = is_string;
        value(engine, &mut out, arg, &Spec::plain(b'v'), 0)?;
        engine.check_size(out.len())?;
    }
    if line {
        out.plain("\n");
    }
    Ok(out.finish())
}

/// Writes a text in quotes, each piece with its own part.
pub(super) fn quote_into(out: &mut TextBuilder, text: &Text, quote: u8) {
    let pieces: Vec<_> = text.pieces_in(0..text.len()).collect();
    let last = pieces.len().saturating_sub(1);
    for (index, (start, piece)) in pieces.iter().enumerate() {
        let mut bytes = Vec::new();
        if index == 0 {
            bytes.push(quote);
        }
        let source = text.bytes().get(*start..piece.end as usize);
        let source = source.unwrap_or_default();
        let mut at = 0;
        while let Some(rest) = source.get(at..).filter(|rest| !rest.is_empty()) {
            at += strconv::escape_into(&mut bytes, rest, quote).max(1);
        }
        if index == last {
            bytes.push(quote);
        }
        let flags = piece.flags & !LITERAL;
        out.push(&bytes, Piece { flags, ..*piece });
    }
    if pieces.is_empty() {
        out.plain([quote, quote]);
    }
}

/// One verb of a format.
#[derive(Debug, Clone, Default)]
pub(super) struct Spec {
    pub(super) verb: u8,
    pub(super) minus: bool,
    pub(super) plus: bool,
    pub(super) sharp: bool,
    pub(super) space: bool,
    pub(super) zero: bool,
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
}

impl Spec {
    pub(super) fn plain(verb: u8) -> Self {
        Self {
            verb,
            ..Self::default()
        }
    }
}

/// Writes text with the width of the verb.
fn padded(out: &mut TextBuilder, spec: &Spec, chars: usize, write: impl FnOnce(&mut TextBuilder)) {
    let missing = spec.width.unwrap_or(0).saturating_sub(chars);
    let fill = if spec.zero { "0" } else { " " };
    if !spec.minus {
        out.plain(fill.repeat(missing));
    }
    write(out);
    if spec.minus {
        out.plain(" ".repeat(missing));
    }
}

fn chars(bytes: &[u8]) -> usize {
    String::from_utf8_lossy(bytes).chars().count()
}

/// Writes a value with a verb.
pub(super) fn value(
    engine: &mut Engine,
    out: &mut TextBuilder,
    val: &Val,
    spec: &Spec,
    depth: usize,
) -> Res<()> {
    if depth > DEEPEST {
        return Err(Fault::limit("values nest too deeply"));
    }
    engine.charge(1)?;
    if spec.verb == b'T' {
        let text = val.type_name().to_owned();
        padded(out, spec, text.len(), |out| out.plain(text));
        return Ok(());
    }
    match &val.data {
        Data::Nil => {
            if spec.verb == b'v' {
                padded(out, spec, 5, |out| out.plain("<nil>"));
            } else {
                out.plain(format!("%!{}(<nil>)", char::from(spec.verb)));
            }
        }
        Data::Bool(flag) => {
            let text = if *flag { "true" } else { "false" };
            if matches!(spec.verb, b'v' | b't') {
                let piece = scalar_piece(engine, val, text);
                padded(out, spec, text.len(), |out| {
                    out.push(text.as_bytes(), piece);
                });
            } else {
                mismatch(out, val, spec, text);
            }
        }
        Data::Int(int, _) => integer(engine, out, val, *int, spec),
        Data::Float(float) => number_float(engine, out, val, *float, spec),
        Data::Str(text) => string(out, val, text, spec),
        Data::Bytes(bytes) => match spec.verb {
            b's' | b'q' | b'x' | b'X' => string(out, val, bytes, spec),
            _ => {
                out.plain("[");
                for (index, byte) in bytes.bytes().iter().enumerate() {
                    if index > 0 {
                        out.plain(" ");
                    }
                    out.plain(byte.to_string());
                }
                out.plain("]");
            }
        },
        Data::List(list) => {
            if spec.sharp && spec.verb == b'v' {
                out.plain(format!("{}{{", val.type_name()));
            } else {
                out.plain("[");
            }
            for (index, item) in list.items.iter().enumerate() {
                if index > 0 {
                    out.plain(if spec.sharp && spec.verb == b'v' {
                        ", "
                    } else {
                        " "
                    });
                }
                value(engine, out, item, spec, depth + 1)?;
                engine.check_size(out.len())?;
            }
            out.plain(if spec.sharp && spec.verb == b'v' {
                "}"
            } else {
                "]"
            });
        }
        Data::Map(map, _) => {
            let sharp = spec.sharp && spec.verb == b'v';
            if sharp {
                out.plain(format!("{}{{", val.type_name()));
            } else {
                out.plain("map[");
            }
            let entries: Vec<_> = map
                .borrow()
                .iter()
                .map(|(key, entry)| (key.clone(), entry.clone()))
                .collect();
            for (index, (key, entry)) in entries.iter().enumerate() {
                if index > 0 {
                    out.plain(if sharp { ", " } else { " " });
                }
                let piece = Piece::exact(entry.key);
                let key = Val::from(Text::of(&**key, piece));
                value(engine, out, &key, spec, depth + 1)?;
                out.plain(":");
                value(engine, out, &entry.val, spec, depth + 1)?;
                engine.check_size(out.len())?;
            }
            out.plain(if sharp { "}" } else { "]" });
        }
        Data::Object(object) => match &**object {
            Object::Struct(inner) => {
                if let Some(shown) = &inner.shown {
                    string(out, val, shown, spec);
                    return Ok(());
                }
                out.plain(if inner.type_name.starts_with('*') {
                    "&{"
                } else {
                    "{"
                });
                for (index, field) in inner.fields.iter().enumerate() {
                    if index > 0 {
                        out.plain(" ");
                    }
                    value(engine, out, &field.val, spec, depth + 1)?;
                }
                out.plain("}");
            }
            Object::Files(files) => {
                out.plain("map[");
                for (index, (name, text)) in files.iter().enumerate() {
                    if index > 0 {
                        out.plain(" ");
                    }
                    out.plain(name);
                    out.plain(":");
                    let bytes = Val::from(Data::Bytes(text.clone()));
                    value(engine, out, &bytes, spec, depth + 1)?;
                    engine.check_size(out.len())?;
                }
                out.plain("]");
            }
            Object::Time(time) => {
                let mut text = Text::plain(time.shown());
                if val.is_unknown() {
                    text = Text::of(text.bytes(), unknown());
                }
                string(out, val, &text, spec);
            }
            Object::Version(version) => {
                let piece = Piece {
                    origin: val.origin,
                    ..Piece::PLAIN
                };
                let text = Text::of(version.to_string().into_bytes(), piece);
                string(out, val, &text, spec);
            }
        },
    }
    Ok(())
}

/// A piece of unknown text.
pub(super) const fn unknown() -> Piece {
    Piece {
        flags: UNKNOWN,
        ..Piece::PLAIN
    }
}

fn mismatch(out: &mut TextBuilder, val: &Val, spec: &Spec, text: impl AsRef<[u8]>) {
    out.plain(format!("%!{}({}=", char::from(spec.verb), val.type_name()));
    out.plain(text);
    out.plain(")");
}

fn string(out: &mut TextBuilder, val: &Val, text: &Text, spec: &Spec) {
    let cut = match spec.precision {
        Some(precision) => {
            let lossy = text.lossy();
            let end = lossy.char_indices().nth(precision);
            let end = end.map_or(text.len(), |(at, _)| at);
            text.slice(0..end)
        }
        None => text.clone(),
    };
    match spec.verb {
        b's' | b'v' if !(spec.sharp && spec.verb == b'v') => {
            padded(out, spec, chars(cut.bytes()), |out| out.push_text(&cut));
        }
        b'q' | b'v' => {
            let mut quoted = TextBuilder::default();
            if spec.sharp && spec.verb == b'q' && !cut.bytes().contains(&b'`') {
                quoted.plain("`");
                quoted.push_text(&cut);
                quoted.plain("`");
            } else {
                quote_into(&mut quoted, &cut, b'"');
            }
            let quoted = quoted.finish();
            padded(out, spec, chars(quoted.bytes()), |out| {
                out.push_text(&quoted);
            });
        }
        b'x' | b'X' => {
            let mut hex = String::new();
            if spec.sharp && !cut.is_empty() {
                hex.push_str(if spec.verb == b'x' { "0x" } else { "0X" });
            }
            for (index, byte) in cut.bytes().iter().enumerate() {
                if spec.space && index > 0 {
                    hex.push(' ');
                }
                let digits = if spec.verb == b'x' {
                    format!("{byte:02x}")
                } else {
                    format!("{byte:02X}")
                };
                hex.push_str(&digits);
            }
            padded(out, spec, hex.len(), |out| out.plain(hex));
        }
        _ => mismatch(out, val, spec, text.bytes()),
    }
}

fn integer(engine: &Engine, out: &mut TextBuilder, val: &Val, int: i64, spec: &Spec) {
    let magnitude = int.unsigned_abs();
    let digits = match spec.verb {
        b'v' | b'd' => magnitude.to_string(),
        b'b' => format!("{magnitude:b}"),
        b'o' => format!("{}{magnitude:o}", if spec.sharp { "0" } else { "" }),
        b'O' => format!("0o{magnitude:o}"),
        b'x' => format!("{}{magnitude:x}", if spec.sharp { "0x" } else { "" }),
        b'X' => format!("{}{magnitude:X}", if spec.sharp { "0X" } else { "" }),
        b'c' | b'q' | b'U' => {
            let code = u32::try_from(int).ok().and_then(char::from_u32);
            let char = code.unwrap_or(char::REPLACEMENT_CHARACTER);
            let text = match spec.verb {
                b'c' => char.to_string(),
                b'q' => {
                    let bytes = strconv::quote(char.to_string().as_bytes(), b'\'');
                    String::from_utf8_lossy(&bytes).into_owned()
                }
                _ => format!("U+{:04X}", u32::from(char)),
            };
            padded(out, spec, text.chars().count(), |out| out.plain(text));
            return;
        }
        _ => return mismatch(out, val, spec, int.to_string()),
    };
    let digits = match spec.precision {
        Some(precision) if digits.len() < precision => {
            format!("{}{digits}", "0".repeat(precision - digits.len()))
        }
        _ => digits,
    };
    signed(
        engine,
        out,
        val,
        int < 0,
        &digits,
        spec,
        spec.precision.is_none(),
    );
}

/// Writes a number with its sign, which zeros of the width follow.
fn signed(
    engine: &Engine,
    out: &mut TextBuilder,
    val: &Val,
    negative: bool,
    digits: &str,
    spec: &Spec,
    zeros: bool,
) {
    let sign = match (negative, spec.plus, spec.space) {
        (true, ..) => "-",
        (false, true, _) => "+",
        (false, false, true) => " ",
        (false, false, false) => "",
    };
    let text = if spec.zero && zeros {
        let missing = spec
            .width
            .unwrap_or(0)
            .saturating_sub(sign.len() + digits.len());
        format!("{sign}{}{digits}", "0".repeat(missing))
    } else {
        format!("{sign}{digits}")
    };
    let piece = scalar_piece(engine, val, &text);
    let spec = Spec {
        zero: false,
        ..spec.clone()
    };
    padded(out, &spec, text.chars().count(), |out| {
        out.push(text.as_bytes(), piece);
    });
}

fn number_float(engine: &Engine, out: &mut TextBuilder, val: &Val, float: f64, spec: &Spec) {
    let magnitude = float.abs();
    let text = match (spec.verb, spec.precision) {
        (b'v' | b'g' | b'G', None) => float_g(magnitude),
        (b'v' | b'g' | b'G', Some(precision)) => {
            let precision = precision.max(1);
            let text = format!("{magnitude:.*e}", precision - 1);
            let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            let digits = mantissa.replace('.', "");
            let trimmed = digits.trim_end_matches('0');
            let digits = if trimmed.is_empty() { "0" } else { trimmed };
            let threshold = i32::try_from(precision).unwrap_or(i32::MAX);
            general(digits, exponent.parse().unwrap_or(0), false, threshold)
        }
        (b'f' | b'F', precision) => format!("{magnitude:.*}", precision.unwrap_or(6)),
        (b'e' | b'E', precision) => {
            let text = format!("{magnitude:.*e}", precision.unwrap_or(6));
            let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            let exponent: i32 = exponent.parse().unwrap_or(0);
            let direction = if exponent < 0 { '-' } else { '+' };
            format!("{mantissa}e{direction}{:02}", exponent.abs())
        }
        _ => return mismatch(out, val, spec, float_g(float)),
    };
    let text = if matches!(spec.verb, b'G' | b'E') {
        text.to_uppercase()
    } else {
        text
    };
    let negative = float.is_sign_negative() && !float.is_nan();
    let spec = &Spec {
        plus: spec.plus || (float.is_infinite() && !negative),
        ..spec.clone()
    };
    let text = text.trim_start_matches('+').to_owned();
    signed(engine, out, val, negative, &text, spec, float.is_finite());
}
