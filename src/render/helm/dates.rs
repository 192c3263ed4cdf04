//! Times, and Go's layouts for them.

/// A moment, in UTC or with a fixed offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Time {
    /// Seconds since 1970.
    pub(super) seconds: i64,
    pub(super) nanos: u32,
    /// Seconds east of UTC.
    pub(super) offset: i32,
}

/// The stand-in for the time of rendering: the start of 2020.
pub(super) const NOW: Time = Time {
    seconds: 1_577_836_800,
    nanos: 0,
    offset: 0,
};

/// Go's zero time: the first of January of the year 1.
pub(super) const ZERO: Time = Time {
    seconds: -62_135_596_800,
    nanos: 0,
    offset: 0,
};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

/// A date of the calendar.
struct Date {
    year: i64,
    month: i64,
    day: i64,
}

/// Days since 1970 as a date.
fn date_of(days: i64) -> Date {
    // Eras of 400 years that start in March, so that leap days come last.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day = shifted.rem_euclid(146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    Date {
        year,
        month,
        day: date,
    }
}

/// Days from 1970 to a date.
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let month = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The elements of Go's layouts, longest first where one starts like another.
const ELEMENTS: [&str; 36] = [
    "January",
    "Jan",
    "Monday",
    "Mon",
    "MST",
    "2006",
    "__2",
    "002",
    "01",
    "02",
    "03",
    "04",
    "05",
    "06",
    "15",
    "_2",
    "PM",
    "pm",
    "-07:00:00",
    "-070000",
    "-07:00",
    "-0700",
    "-07",
    "Z07:00:00",
    "Z070000",
    "Z07:00",
    "Z0700",
    "Z07",
    ".000000000",
    ".999999999",
    ".000000",
    ".000",
    ".999",
    "1",
    "2",
    "3",
];

/// The element that a layout starts with.
fn element(layout: &str) -> Option<&'static str> {
    if let Some(found) = ELEMENTS
        .iter()
        .find(|element| layout.starts_with(**element))
    {
        // "Jan" must not be the start of another word.
        return Some(found);
    }
    ["4", "5"]
        .into_iter()
        .find(|element| layout.starts_with(element))
}

impl Time {
    /// The time in a layout.
    pub(super) fn format(self, layout: &str) -> String {
        let local = self.seconds.saturating_add(i64::from(self.offset));
        let date = date_of(local.div_euclid(86_400));
        let second = local.rem_euclid(86_400);
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        let weekday = (local.div_euclid(86_400) + 4).rem_euclid(7);
        let hour12 = if hour % 12 == 0 { 12 } else { hour % 12 };
        let name = |names: &[&'static str], index: i64| -> &'static str {
            let index = usize::try_from(index).ok();
            index
                .and_then(|index| names.get(index))
                .copied()
                .unwrap_or("")
        };
        let month_name = name(&MONTHS, date.month - 1);
        let day_name = name(&DAYS, weekday);
        let year_day = days_of(date.year, date.month, date.day) - days_of(date.year, 1, 1) + 1;
        let mut out = String::new();
        let mut rest = layout;
        while let Some(char) = rest.chars().next() {
            let Some(found) = element(rest) else {
                out.push(char);
                rest = rest.get(char.len_utf8()..).unwrap_or_default();
                continue;
            };
            rest = rest.get(found.len()..).unwrap_or_default();
            match found {
                "January" => out.push_str(month_name),
                "Jan" => out.push_str(month_name.get(..3).unwrap_or_default()),
                "Monday" => out.push_str(day_name),
                "Mon" => out.push_str(day_name.get(..3).unwrap_or_default()),
                "MST" => out.push_str(&self.zone()),
                "2006" => out.push_str(&format!("{:04}", date.year)),
                "06" => out.push_str(&format!("{:02}", date.year.rem_euclid(100))),
                "002" => out.push_str(&format!("{year_day:03}")),
                "__2" => out.push_str(&format!("{year_day:3}")),
                "01" => out.push_str(&format!("{:02}", date.month)),
                "1" => out.push_str(&date.month.to_string()),
                "02" => out.push_str(&format!("{:02}", date.day)),
                "_2" => out.push_str(&format!("{:2}", date.day)),
                "2" => out.push_str(&date.day.to_string()),
                "15" => out.push_str(&format!("{hour:02}")),
                "03" => out.push_str(&format!("{hour12:02}")),
                "3" => out.push_str(&hour12.to_string()),
                "04" => out.push_str(&format!("{minute:02}")),
                "4" => out.push_str(&minute.to_string()),
                "05" => out.push_str(&format!("{second:02}")),
                "5" => out.push_str(&second.to_string()),
                "PM" => out.push_str(if hour >= 12 { "PM" } else { "AM" }),
                "pm" => out.push_str(if hour >= 12 { "pm" } else { "am" }),
                zone if zone.starts_with(['-', 'Z']) => out.push_str(&self.offset_as(zone)),
                fraction => out.push_str(&self.fraction(fraction)),
            }
        }
        out
    }

    fn zone(self) -> String {
        if self.offset == 0 {
            return "UTC".to_owned();
        }
        self.offset_as("-0700")
    }

    fn offset_as(self, element: &str) -> String {
        if element.starts_with('Z') && self.offset == 0 {
            return "Z".to_owned();
        }
        let sign = if self.offset < 0 { '-' } else { '+' };
        let seconds = self.offset.unsigned_abs();
        let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
        match element.get(1..).unwrap_or_default() {
            "07" => format!("{sign}{hours:02}"),
            "0700" => format!("{sign}{hours:02}{minutes:02}"),
            "070000" => format!("{sign}{hours:02}{minutes:02}{:02}", seconds % 60),
            "07:00:00" => format!("{sign}{hours:02}:{minutes:02}:{:02}", seconds % 60),
            _ => format!("{sign}{hours:02}:{minutes:02}"),
        }
    }

    fn fraction(self, element: &str) -> String {
        let digits = format!("{:09}", self.nanos);
        let kept = digits.get(..element.len() - 1).unwrap_or(&digits);
        if element.starts_with(".9") {
            let trimmed = kept.trim_end_matches('0');
            return if trimmed.is_empty() {
                String::new()
            } else {
                format!(".{trimmed}")
            };
        }
        format!(".{kept}")
    }

    /// What it prints as.
    pub(super) fn shown(self) -> String {
        self.format("2006-01-02 15:04:05.999999999 -0700 MST")
    }

    /// Reads a time in a layout.
    pub(super) fn parse(layout: &str, text: &str) -> Option<Self> {
        let (mut year, mut month, mut day) = (0_i64, 1_i64, 1_i64);
        let (mut hour, mut minute, mut second) = (0_i64, 0_i64, 0_i64);
        let (mut nanos, mut offset) = (0_u32, 0_i32);
        let mut afternoon = None;
        let (mut layout, mut text) = (layout, text);
        while let Some(char) = layout.chars().next() {
            let Some(found) = element(layout) else {
                text = text.strip_prefix(char)?;
                layout = layout.get(char.len_utf8()..)?;
                continue;
            };
            layout = layout.get(found.len()..)?;
            let mut number = |least: usize, most: usize| take_number(&mut text, least, most);
            match found {
                "2006" => year = number(4, 4)?,
                "06" => {
                    let short = number(2, 2)?;
                    year = if short >= 69 { 1_900 } else { 2_000 } + short;
                }
                "01" => month = number(2, 2)?,
                "1" => month = number(1, 2)?,
                "02" => day = number(2, 2)?,
                "2" => day = number(1, 2)?,
                "_2" => {
                    text = text.strip_prefix(' ').unwrap_or(text);
                    day = take_number(&mut text, 1, 2)?;
                }
                "15" => hour = number(2, 2)?,
                "03" => hour = number(2, 2)?,
                "3" => hour = number(1, 2)?,
                "04" => minute = number(2, 2)?,
                "4" => minute = number(1, 2)?,
                "05" => {
                    second = number(2, 2)?;
                    if !layout.starts_with('.')
                        && let Some(rest) = text.strip_prefix('.')
                    {
                        text = rest;
                        nanos = take_fraction(&mut text)?;
                    }
                }
                "5" => second = number(1, 2)?,
                "PM" | "pm" => {
                    let word = text.get(..2)?;
                    afternoon = Some(word.eq_ignore_ascii_case("pm"));
                    text = text.get(2..)?;
                }
                "January" | "Jan" | "Monday" | "Mon" => {
                    let names: &[&str] = if found.starts_with('J') {
                        &MONTHS
                    } else {
                        &DAYS
                    };
                    let short = found.len() == 3;
                    let index = take_name(&mut text, names, short)?;
                    if found.starts_with('J') {
                        month = index + 1;
                    }
                }
                "MST" => {
                    let end = text
                        .find(|char: char| !char.is_ascii_uppercase())
                        .unwrap_or(text.len());
                    text = text.get(end..)?;
                }
                zone if zone.starts_with(['-', 'Z']) => {
                    if zone.starts_with('Z')
                        && let Some(rest) = text.strip_prefix('Z')
                    {
                        text = rest;
                        continue;
                    }
                    let sign = if text.starts_with('-') { -1 } else { 1 };
                    text = text.strip_prefix(['+', '-'])?;
                    let hours = take_number(&mut text, 2, 2)?;
                    text = text.strip_prefix(':').unwrap_or(text);
                    let minutes = if zone.len() > 3 {
                        take_number(&mut text, 2, 2)?
                    } else {
                        0
                    };
                    offset = sign * i32::try_from(hours * 3_600 + minutes * 60).ok()?;
                }
                _ => {
                    text = text.strip_prefix('.')?;
                    nanos = take_fraction(&mut text)?;
                }
            }
        }
        if let Some(afternoon) = afternoon {
            hour = hour % 12 + if afternoon { 12 } else { 0 };
        }
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let longest = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        let fits = (1..=longest).contains(&day) && hour < 24 && minute < 60 && second < 60;
        if !fits || !text.is_empty() {
            return None;
        }
        let days = days_of(year, month, day);
        let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - i64::from(offset);
        Some(Self {
            seconds,
            nanos,
            offset,
        })
    }
}

fn take_number(text: &mut &str, least: usize, most: usize) -> Option<i64> {
    let digits = text
        .bytes()
        .take(most)
        .take_while(u8::is_ascii_digit)
        .count();
    if digits < least {
        return None;
    }
    let number = text.get(..digits)?.parse().ok()?;
    *text = text.get(digits..)?;
    Some(number)
}

fn take_fraction(text: &mut &str) -> Option<u32> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let fraction = text.get(..digits.min(9))?;
    *text = text.get(digits..)?;
    let scale = 10_u32.checked_pow(u32::try_from(9 - fraction.len()).ok()?)?;
    fraction.parse::<u32>().ok()?.checked_mul(scale)
}

fn take_name(text: &mut &str, names: &[&str], short: bool) -> Option<i64> {
    for (index, name) in names.iter().enumerate() {
        let name = if short { name.get(..3)? } else { name };
        if let Some(start) = text.get(..name.len())
            && start.eq_ignore_ascii_case(name)
        {
            *text = text.get(name.len()..)?;
            return i64::try_from(index).ok();
        }
    }
    None
}

/// A duration in Go's notation, in nanoseconds.
pub(super) fn parse_duration(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0.0_f64;
    while !rest.is_empty() {
        let end = rest.find(|char: char| !char.is_ascii_digit() && char != '.')?;
        let number: f64 = rest.get(..end)?.parse().ok()?;
        rest = rest.get(end..)?;
        let units = [
            ("ns", 1.0),
            ("us", 1e3),
            ("µs", 1e3),
            ("ms", 1e6),
            ("s", 1e9),
            ("m", 60e9),
            ("h", 3_600e9),
        ];
        let (unit, scale) = units.iter().find(|(unit, _)| rest.starts_with(unit))?;
        total += number * scale;
        rest = rest.get(unit.len()..)?;
    }
    if total >= 9.2e18 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    let nanos = total.round() as i64;
    Some(if negative { -nanos } else { nanos })
}

/// A duration of whole seconds as Go prints it.
pub(super) fn show_duration(seconds: i64) -> String {
    if seconds == 0 {
        return "0s".to_owned();
    }
    let sign = if seconds < 0 { "-" } else { "" };
    let all = seconds.unsigned_abs();
    let (hours, minutes, seconds) = (all / 3_600, all / 60 % 60, all % 60);
    if hours > 0 {
        format!("{sign}{hours}h{minutes}m{seconds}s")
    } else if minutes > 0 {
        format!("{sign}{minutes}m{seconds}s")
    } else {
        format!("{sign}{seconds}s")
    }
}
