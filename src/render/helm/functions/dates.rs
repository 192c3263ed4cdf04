//! Functions on dates. The time of rendering has a stand-in that rules know as unknown.

use super::super::dates::{NOW, Time, ZERO, parse_duration, show_duration};
use super::super::engine::Engine;
use super::super::fault::{Fault, Res};
use super::super::objects::Object;
use super::super::value::{Data, UNKNOWN_VALUE, Val};
use super::{Function, keep, new, text, unknown, val};

pub(super) static TABLE: [Function; 18] = [
    unknown("now", "", |_, _| Ok(Val::object(Object::Time(NOW)))),
    unknown("ago", "a", |_, args| {
        let (time, _) = time(&val(args, 0));
        Ok(show_duration(NOW.seconds.saturating_sub(time.seconds)).into())
    }),
    new("date", "sa", |_, args| format(args, "", None)),
    new("dateInZone", "sas", |_, args| format(args, "", Some(2))),
    new("date_in_zone", "sas", |_, args| format(args, "", Some(2))),
    new("htmlDate", "a", |_, args| format(args, "2006-01-02", None)),
    new("htmlDateInZone", "as", |_, args| {
        format(args, "2006-01-02", Some(1))
    }),
    new("dateModify", "sa", |_, args| modify(args, false)),
    new("date_modify", "sa", |_, args| modify(args, false)),
    new("mustDateModify", "sa", |_, args| modify(args, true)),
    new("must_date_modify", "sa", |_, args| modify(args, true)),
    new("toDate", "ss", |_, args| {
        let time = Time::parse(&text(args, 0).lossy(), &text(args, 1).lossy());
        Ok(Val::object(Object::Time(time.unwrap_or(ZERO))))
    }),
    new("mustToDate", "ss", |_, args| {
        let (layout, source) = (text(args, 0), text(args, 1));
        match Time::parse(&layout.lossy(), &source.lossy()) {
            Some(time) => Ok(Val::object(Object::Time(time))),
            None => Err(Fault::error(format!(
                "parsing time {:?} as {:?}: cannot parse",
                source.lossy(),
                layout.lossy()
            ))),
        }
    }),
    new("unixEpoch", "a", |_, args| {
        let (time, is_unknown) = time(&val(args, 0));
        Ok(noted(time.seconds.to_string().into(), is_unknown))
    }),
    new("duration", "a", |_, args| {
        let seconds = match &val(args, 0).data {
            Data::Str(text) => text.lossy().parse().unwrap_or(0),
            Data::Int(int, super::super::value::IntKind::Int64) => *int,
            _ => 0,
        };
        Ok(show_duration(seconds).into())
    }),
    new("durationRound", "a", duration_round),
    new("uuidv4", "", |engine, _| {
        let mut random = super::crypto::Random::new(engine);
        let mut bytes = [0_u8; 16];
        bytes.fill_with(|| random.byte());
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
        let uuid = format!(
            "{}-{}-4{}-a{}-{}",
            part(0, 8),
            part(8, 12),
            part(13, 16),
            part(17, 20),
            part(20, 32)
        );
        Ok(noted(uuid.into(), true))
    }),
    keep("toPrettyJson", "a", super::serial::pretty_json),
];

/// Marks a value as unknown.
pub(super) fn noted(mut value: Val, unknown: bool) -> Val {
    if !unknown {
        return value;
    }
    value.flags |= UNKNOWN_VALUE;
    if let Data::Str(text) = &value.data {
        let piece = super::super::format::unknown();
        value.data = Data::Str(super::super::text::Text::of(text.bytes(), piece));
    }
    value
}

/// A value as a time: an integer is one in seconds, anything else is now. Whether it is unknown.
fn time(value: &Val) -> (Time, bool) {
    match &value.data {
        Data::Object(object) => match &**object {
            Object::Time(time) => (*time, value.is_unknown()),
            _ => (NOW, true),
        },
        Data::Int(seconds, _) => (
            Time {
                seconds: *seconds,
                nanos: 0,
                offset: 0,
            },
            value.is_unknown(),
        ),
        _ => (NOW, true),
    }
}

fn format(args: &[Val], layout: &str, zone: Option<usize>) -> Res<Val> {
    let first = usize::from(layout.is_empty());
    let (mut time, is_unknown) = time(&val(args, first));
    if zone.is_some() {
        time.offset = 0;
    }
    let given = text(args, 0);
    let given = given.lossy();
    let layout = if layout.is_empty() { &given } else { layout };
    Ok(noted(time.format(layout).into(), is_unknown))
}

fn modify(args: &[Val], must: bool) -> Res<Val> {
    let source = text(args, 0);
    let (mut time, is_unknown) = time(&val(args, 1));
    match parse_duration(&source.lossy()) {
        Some(nanos) => {
            let total = i64::from(time.nanos).saturating_add(nanos);
            time.seconds = time.seconds.saturating_add(total.div_euclid(1_000_000_000));
            time.nanos = u32::try_from(total.rem_euclid(1_000_000_000)).unwrap_or(0);
        }
        None if must => {
            return Err(Fault::error(format!(
                "time: invalid duration {:?}",
                source.lossy()
            )));
        }
        None => {}
    }
    Ok(noted(Val::object(Object::Time(time)), is_unknown))
}

fn duration_round(_: &mut Engine, args: &[Val]) -> Res<Val> {
    let value = val(args, 0);
    let (seconds, is_unknown) = match &value.data {
        Data::Str(text) => {
            let nanos = parse_duration(&text.lossy()).unwrap_or(0);
            (nanos / 1_000_000_000, false)
        }
        Data::Int(int, super::super::value::IntKind::Int64) => (int / 1_000_000_000, false),
        Data::Object(object) => match &**object {
            Object::Time(time) => (NOW.seconds.saturating_sub(time.seconds), true),
            _ => (0, false),
        },
        _ => (0, false),
    };
    const UNITS: [(u64, &str); 5] = [
        (31_536_000, "y"),
        (2_592_000, "mo"),
        (86_400, "d"),
        (3_600, "h"),
        (60, "m"),
    ];
    let size = seconds.unsigned_abs();
    let found = UNITS.iter().find(|(unit, _)| size > *unit);
    let shown = match found {
        Some((unit, name)) => format!("{}{name}", size / unit),
        None => format!("{size}s"),
    };
    Ok(noted(shown.into(), is_unknown))
}
