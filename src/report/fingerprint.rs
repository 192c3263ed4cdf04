//! `primaryLocationLineHash` of SARIF results, as `upload-sarif` computes it where it is missing
//! (github/codeql-action, `src/fingerprints.ts`), so that alerts keep their identity either way.

use rustc_hash::FxHashMap;

const WINDOW: usize = 100;
const MULTIPLIER: u64 = 37;

/// The hashes of all lines of a text, the first line first. A byte order mark counts.
pub(super) fn line_hashes(text: &str, byte_order_mark: bool) -> Vec<String> {
    let mut rolling = Rolling::default();
    let mut line_start = true;
    let mut after_cr = false;
    let mark = byte_order_mark.then_some('\u{feff}' as u16);
    for unit in mark
        .into_iter()
        .chain(text.encode_utf16())
        .chain([u16::MAX])
    {
        let mut unit = unit;
        let line_feed = unit == u16::from(b'\n');
        if unit == u16::from(b' ') || unit == u16::from(b'\t') || (after_cr && line_feed) {
            after_cr = false;
            continue;
        }
        after_cr = unit == u16::from(b'\r');
        if after_cr {
            unit = u16::from(b'\n');
        }
        rolling.emit();
        if line_start {
            rolling.begin_line();
        }
        line_start = unit == u16::from(b'\n');
        rolling.update(unit);
    }
    for _ in 0..WINDOW {
        rolling.emit();
        rolling.update(0);
    }
    rolling.hashes
}

/// A hash over the last hundred code units. The hash of a line covers the hundred that begin with
/// its first.
struct Rolling {
    hash: u64,
    /// The code units, and whether a line begins with each.
    window: [(u16, bool); WINDOW],
    at: usize,
    /// `37^100`, the weight of the unit that leaves the window.
    leaving: u64,
    /// How often each hash was emitted.
    seen: FxHashMap<u64, usize>,
    hashes: Vec<String>,
}

impl Default for Rolling {
    fn default() -> Self {
        Self {
            hash: 0,
            window: [(0, false); WINDOW],
            at: 0,
            leaving: (0..WINDOW).fold(1, |power: u64, _| power.wrapping_mul(MULTIPLIER)),
            seen: FxHashMap::default(),
            hashes: Vec::new(),
        }
    }
}

impl Rolling {
    /// Emits the hash of the line that began a window ago, if one did. Lines come in order.
    fn emit(&mut self) {
        let Some((_, begins)) = self.window.get_mut(self.at) else {
            return;
        };
        if std::mem::take(begins) {
            let count = self.seen.entry(self.hash).or_insert(0);
            *count += 1;
            self.hashes.push(format!("{:x}:{count}", self.hash));
        }
    }

    fn begin_line(&mut self) {
        if let Some((_, begins)) = self.window.get_mut(self.at) {
            *begins = true;
        }
    }

    fn update(&mut self, unit: u16) {
        let Some((oldest, _)) = self.window.get_mut(self.at) else {
            return;
        };
        let gone = self.leaving.wrapping_mul(u64::from(*oldest));
        *oldest = unit;
        self.hash = MULTIPLIER
            .wrapping_mul(self.hash)
            .wrapping_add(u64::from(unit))
            .wrapping_sub(gone);
        self.at = (self.at + 1) % WINDOW;
    }
}

#[cfg(test)]
mod tests {
    use super::line_hashes;

    /// The vectors of the action's own tests.
    #[test]
    fn hashes_are_those_of_upload_sarif() {
        assert_eq!(line_hashes("", false), ["c129715d7a2bc9a3:1"]);
        assert_eq!(
            line_hashes(" a\nb\n  \t\tc\n d", false),
            [
                "271789c17abda88f:1",
                "54703d4cd895b18:1",
                "180aee12dab6264:1",
                "a23a3dc5e078b07b:1"
            ]
        );
        let lorem = line_hashes(&"Lorem ipsum dolor sit amet.\n".repeat(10), false);
        let six: Vec<_> = (1..=6).map(|n| format!("a7f2ff13bc495cf2:{n}")).collect();
        assert_eq!(lorem.get(..6), Some(&six[..]));
        assert_eq!(lorem.get(6).map(String::as_str), Some("a7f2ff1481e87703:1"));
    }
}
