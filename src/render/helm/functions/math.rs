//! Functions on numbers.

use super::super::engine::{Engine, MOST};
use super::super::fault::{Fault, Res};
use super::super::strconv::{parse_float, parse_int};
use super::super::value::{Data, ListKind, Val};
use super::{Function, int, keep, new, val};

pub(super) static TABLE: [Function; 28] = [
    keep("int", "a", |_, args| {
        Ok(kept(args, Val::int(to_int(&val(args, 0)))))
    }),
    keep("int64", "a", |_, args| {
        Ok(kept(args, Val::int64(to_int(&val(args, 0)))))
    }),
    keep("float64", "a", |_, args| {
        Ok(kept(args, to_float(&val(args, 0)).into()))
    }),
    new("atoi", "s", |_, args| {
        let text = super::text(args, 0);
        let text = text.lossy().into_owned();
        let fits = text
            .trim_start_matches(['+', '-'])
            .bytes()
            .all(|b| b.is_ascii_digit());
        let number = if fits { text.parse().unwrap_or(0) } else { 0 };
        Ok(Val::int(number))
    }),
    new("toDecimal", "a", |engine, args| {
        let text = super::super::format::show(engine, &val(args, 0))?;
        Ok(Val::int64(
            i64::from_str_radix(&text.lossy(), 8).unwrap_or(0),
        ))
    }),
    new("add", "a*", |_, args| {
        Ok(Val::int64(ints(args).fold(0, i64::wrapping_add)))
    }),
    new("add1", "a", |_, args| {
        Ok(Val::int64(to_int(&val(args, 0)).wrapping_add(1)))
    }),
    new("sub", "aa", |_, args| {
        Ok(Val::int64(
            to_int(&val(args, 0)).wrapping_sub(to_int(&val(args, 1))),
        ))
    }),
    new("mul", "aa*", |_, args| {
        Ok(Val::int64(ints(args).fold(1, i64::wrapping_mul)))
    }),
    new("div", "aa", |_, args| divide(args, i64::wrapping_div)),
    new("mod", "aa", |_, args| divide(args, i64::wrapping_rem)),
    new("max", "aa*", |_, args| {
        Ok(Val::int64(ints(args).max().unwrap_or(0)))
    }),
    new("biggest", "aa*", |_, args| {
        Ok(Val::int64(ints(args).max().unwrap_or(0)))
    }),
    new("min", "aa*", |_, args| {
        Ok(Val::int64(ints(args).min().unwrap_or(0)))
    }),
    new("addf", "a*", |_, args| decimals(args, Decimal::add, 0.0)),
    new("add1f", "a", |_, args| {
        let one = [val(args, 0), Val::int(1)];
        decimals(&one, Decimal::add, 0.0)
    }),
    new("subf", "aa*", |_, args| from_first(args, Decimal::sub)),
    new("mulf", "aa*", |_, args| from_first(args, Decimal::mul)),
    new("divf", "aa*", |_, args| from_first(args, Decimal::div)),
    new("maxf", "aa*", |_, args| {
        Ok(floats(args).fold(f64::NEG_INFINITY, f64::max).into())
    }),
    new("minf", "aa*", |_, args| {
        Ok(floats(args).fold(f64::INFINITY, f64::min).into())
    }),
    new("floor", "a", |_, args| {
        Ok(to_float(&val(args, 0)).floor().into())
    }),
    new("ceil", "a", |_, args| {
        Ok(to_float(&val(args, 0)).ceil().into())
    }),
    new("round", "aif*", round),
    keep("until", "i", |engine, args| {
        let count = int(args, 0);
        let step = if count < 0 { -1 } else { 1 };
        steps(engine, 0, count, step)
    }),
    keep("untilStep", "iii", |engine, args| {
        steps(engine, int(args, 0), int(args, 1), int(args, 2))
    }),
    new("seq", "i*", seq),
    keep("empty", "a", |_, args| Ok((!val(args, 0).truth()).into())),
];

/// Conversions keep the place of what they convert.
fn kept(args: &[Val], mut result: Val) -> Val {
    if let Some(arg) = args.first() {
        result.origin = match &arg.data {
            Data::Str(text) => text.single().map(|piece| piece.origin).unwrap_or_default(),
            _ => arg.origin,
        };
        if arg.is_unknown() {
            result.flags |= super::super::value::UNKNOWN_VALUE;
        }
    }
    result
}

fn ints(args: &[Val]) -> impl Iterator<Item = i64> {
    args.iter().map(to_int)
}

fn floats(args: &[Val]) -> impl Iterator<Item = f64> {
    args.iter().map(to_float)
}

/// A value as an integer, as the cast library converts it: 0 for what is none.
pub(super) fn to_int(value: &Val) -> i64 {
    match &value.data {
        Data::Int(int, _) => *int,
        Data::Float(float) => truncated(*float),
        Data::Bool(flag) => i64::from(*flag),
        Data::Str(text) => {
            let text = text.lossy();
            let text = match text.split_once('.') {
                Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') => {
                    whole
                }
                _ => &text,
            };
            parse_int(text)
                .and_then(|int| i64::try_from(int).ok())
                .unwrap_or(0)
        }
        _ => 0,
    }
}

/// Go's conversion on the usual processors: what doesn't fit becomes the least integer.
fn truncated(float: f64) -> i64 {
    if float.is_nan()
        || !(-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&float)
    {
        return i64::MIN;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    let int = float as i64;
    int
}

#[expect(clippy::cast_precision_loss, reason = "as Go converts it")]
pub(super) fn to_float(value: &Val) -> f64 {
    match &value.data {
        Data::Int(int, _) => *int as f64,
        Data::Float(float) => *float,
        Data::Bool(flag) => f64::from(u8::from(*flag)),
        Data::Str(text) => parse_float(&text.lossy()).unwrap_or(0.0),
        _ => 0.0,
    }
}

fn divide(args: &[Val], apply: fn(i64, i64) -> i64) -> Res<Val> {
    let divisor = to_int(&val(args, 1));
    if divisor == 0 {
        return Err(Fault::error("runtime error: integer divide by zero"));
    }
    Ok(Val::int64(apply(to_int(&val(args, 0)), divisor)))
}

/// Arithmetic on decimals: the result has no digits that the binary form alone has.
fn decimals(args: &[Val], apply: fn(Decimal, Decimal) -> Option<Decimal>, start: f64) -> Res<Val> {
    let mut result = Decimal::of(start);
    for arg in args {
        result = match (result, Decimal::of(to_float(arg))) {
            (Some(a), Some(b)) => apply(a, b),
            _ => None,
        };
    }
    match result {
        Some(result) => Ok(result.as_float().into()),
        None => Err(Fault::error(
            "decimal division by 0, or a number too large for decimals",
        )),
    }
}

/// A number as digits and the count of those behind the point.
#[derive(Debug, Clone, Copy)]
struct Decimal {
    digits: i128,
    scale: i32,
}

/// Digits behind the point that a division gives.
const DIVISION: i32 = 16;

impl Decimal {
    /// The shortest decimal that a float stands for.
    fn of(float: f64) -> Option<Self> {
        let text = format!("{float:e}");
        let (mantissa, exponent) = text.split_once('e')?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let exponent: i32 = exponent.parse().ok()?;
        Some(Self {
            digits: format!("{whole}{fraction}").parse().ok()?,
            scale: i32::try_from(fraction.len()).ok()? - exponent,
        })
    }

    fn as_float(self) -> f64 {
        let text = format!("{}e{}", self.digits, -self.scale);
        text.parse().unwrap_or(f64::NAN)
    }

    fn at_scale(self, scale: i32) -> Option<i128> {
        let shift = u32::try_from(scale - self.scale).ok()?;
        self.digits.checked_mul(10_i128.checked_pow(shift)?)
    }

    fn with(self, other: Self, apply: fn(i128, i128) -> Option<i128>) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        Some(Self {
            digits: apply(self.at_scale(scale)?, other.at_scale(scale)?)?,
            scale,
        })
    }

    fn add(self, other: Self) -> Option<Self> {
        self.with(other, i128::checked_add)
    }

    fn sub(self, other: Self) -> Option<Self> {
        self.with(other, i128::checked_sub)
    }

    fn mul(self, other: Self) -> Option<Self> {
        Some(Self {
            digits: self.digits.checked_mul(other.digits)?,
            scale: self.scale + other.scale,
        })
    }

    fn div(self, other: Self) -> Option<Self> {
        if other.digits == 0 {
            return None;
        }
        // One digit more, to round.
        let shift = DIVISION + 1 + other.scale - self.scale;
        let scaled = match u32::try_from(shift) {
            Ok(shift) => self.digits.checked_mul(10_i128.checked_pow(shift)?)?,
            Err(_) => self.digits / 10_i128.checked_pow(u32::try_from(-shift).ok()?)?,
        };
        let quotient = scaled / other.digits;
        let rounded = quotient.checked_add(5 * quotient.signum())? / 10;
        Some(Self {
            digits: rounded,
            scale: DIVISION,
        })
    }
}

fn from_first(args: &[Val], apply: fn(Decimal, Decimal) -> Option<Decimal>) -> Res<Val> {
    let Some((first, others)) = args.split_first() else {
        return Ok(0.0.into());
    };
    decimals(others, apply, to_float(first))
}

fn round(_: &mut Engine, args: &[Val]) -> Res<Val> {
    let places = i32::try_from(int(args, 1)).unwrap_or(0).clamp(-300, 300);
    let threshold = args.get(2).map_or(0.5, to_float);
    let value = to_float(&val(args, 0));
    let power = 10.0_f64.powi(places);
    let digit = power * value;
    let fraction = digit.fract();
    let rounded = if fraction.abs() >= threshold {
        if digit < 0.0 {
            digit.floor()
        } else {
            digit.ceil()
        }
    } else if digit < 0.0 {
        digit.ceil()
    } else {
        digit.floor()
    };
    Ok((rounded / power).into())
}

fn numbers(engine: &mut Engine, start: i64, stop: i64, step: i64) -> Res<Vec<i64>> {
    let mut out = Vec::new();
    let ahead = |at: i64| if step > 0 { at < stop } else { at > stop };
    let mut at = start;
    while step != 0 && ahead(at) {
        out.push(at);
        if out.len() > MOST {
            return Err(Fault::limit("a list of more than a million numbers"));
        }
        match at.checked_add(step) {
            Some(next) => at = next,
            None => break,
        }
    }
    engine.charge_list(out.len())?;
    Ok(out)
}

fn steps(engine: &mut Engine, start: i64, stop: i64, step: i64) -> Res<Val> {
    let all = numbers(engine, start, stop, step)?;
    let list = all.into_iter().map(Val::int).collect::<Vec<_>>();
    if list.is_empty() {
        return Val::list_of(Vec::new(), ListKind::Int);
    }
    Val::list_of(list, ListKind::Int)
}

fn seq(engine: &mut Engine, args: &[Val]) -> Res<Val> {
    let given: Vec<i64> = ints(args).collect();
    let (start, step, end) = match given.as_slice() {
        [end] => (1, if *end < 1 { -1 } else { 1 }, *end),
        [start, end] => (*start, if end < start { -1 } else { 1 }, *end),
        [start, step, end] => {
            if (step > &0 && end < start) || (step < &0 && end > start) {
                return Ok("".into());
            }
            (*start, *step, *end)
        }
        _ => return Ok("".into()),
    };
    let stop = end.saturating_add(step.signum());
    let all = numbers(engine, start, stop, step)?;
    let words: Vec<String> = all.iter().map(i64::to_string).collect();
    Ok(words.join(" ").into())
}
