//! Globs: of `.Files.Glob`, with braces and `**`, and of `.helmignore`.

/// Whether a path of a chart matches a glob in which `*` stays within a segment.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let Some(alternatives) = expand(pattern) else {
        // Helm takes a broken pattern for one that matches all.
        return true;
    };
    let path: Vec<char> = path.chars().collect();
    alternatives.iter().any(|alternative| {
        let pattern: Vec<char> = alternative.chars().collect();
        match_path(&pattern, &path, true)
    })
}

/// Alternatives that braces may stand for, at most.
const MOST: usize = 256;

/// The patterns without braces that a pattern stands for; `None` when it is broken.
fn expand(pattern: &str) -> Option<Vec<String>> {
    let mut done = Vec::new();
    let mut open = vec![pattern.to_owned()];
    while let Some(next) = open.pop() {
        let chars: Vec<char> = next.chars().collect();
        let Some((start, end, commas)) = braces(&chars).ok()? else {
            done.push(next);
            if done.len() > MOST {
                return None;
            }
            continue;
        };
        if open.len() > MOST {
            return None;
        }
        let before: String = chars.iter().take(start).collect();
        let after: String = chars.iter().skip(end + 1).collect();
        let mut from = start + 1;
        for to in commas.into_iter().chain([end]) {
            let middle: String = chars.iter().take(to).skip(from).collect();
            open.push(format!("{before}{middle}{after}"));
            from = to + 1;
        }
    }
    Some(done)
}

/// Where braces open and close, and the commas between them.
type Braces = (usize, usize, Vec<usize>);

/// A brace or bracket is not closed.
struct Broken;

/// The first braces of a pattern.
fn braces(chars: &[char]) -> Result<Option<Braces>, Broken> {
    let mut start = 0;
    let mut depth = 0;
    let mut commas = Vec::new();
    let mut at = 0;
    let mut class = false;
    while let Some(char) = chars.get(at) {
        match char {
            '\\' => at += 1,
            '[' => class = true,
            ']' => class = false,
            '{' if !class => {
                if depth == 0 {
                    start = at;
                }
                depth += 1;
            }
            '}' if !class && depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    return Ok(Some((start, at, commas)));
                }
            }
            ',' if depth == 1 => commas.push(at),
            _ => {}
        }
        at += 1;
    }
    if depth > 0 || class {
        return Err(Broken);
    }
    Ok(None)
}

/// Matches without recursion on stars: the last star is retried.
fn match_path(pattern: &[char], path: &[char], segments: bool) -> bool {
    let (mut p, mut t) = (0, 0);
    // Where to go back to: after a `*`, and after a `**`.
    let mut star: Option<(usize, usize)> = None;
    let mut double: Option<(usize, usize)> = None;
    loop {
        if t == path.len()
            && pattern
                .get(p..)
                .is_none_or(|rest| rest.iter().all(|c| *c == '*'))
        {
            return true;
        }
        let here = path.get(t).copied();
        let matched = match pattern.get(p) {
            Some('*') if segments && pattern.get(p + 1) == Some(&'*') => {
                p += 2;
                double = Some((p, t));
                star = None;
                continue;
            }
            Some('*') => {
                p += 1;
                star = Some((p, t));
                continue;
            }
            Some('?') => here.filter(|char| !segments || *char != '/').map(|_| p + 1),
            Some('[') => here.and_then(|char| class(pattern, p, char, segments)),
            Some('\\') => here
                .filter(|char| pattern.get(p + 1) == Some(char))
                .map(|_| p + 2),
            Some(expected) => here.filter(|char| char == expected).map(|_| p + 1),
            None => None,
        };
        if let Some(next) = matched {
            p = next;
            t += 1;
            continue;
        }
        // A star takes one more character, if it may.
        if let Some((after, at)) = star
            && path.get(at).is_some_and(|char| !segments || *char != '/')
        {
            star = Some((after, at + 1));
            p = after;
            t = at + 1;
            continue;
        }
        if let Some((after, at)) = double
            && at < path.len()
        {
            double = Some((after, at + 1));
            star = None;
            p = after;
            t = at + 1;
            continue;
        }
        return false;
    }
}

/// Whether the class at `at` holds a character; where the pattern goes on.
fn class(pattern: &[char], at: usize, char: char, segments: bool) -> Option<usize> {
    if segments && char == '/' {
        return None;
    }
    let mut at = at + 1;
    let negated = matches!(pattern.get(at), Some('!' | '^'));
    if negated {
        at += 1;
    }
    let mut holds = false;
    let start = at;
    loop {
        let mut low = *pattern.get(at)?;
        if low == ']' && at > start {
            break;
        }
        if low == '\\' {
            at += 1;
            low = *pattern.get(at)?;
        }
        at += 1;
        let mut high = low;
        if pattern.get(at) == Some(&'-') && pattern.get(at + 1).is_some_and(|next| *next != ']') {
            high = *pattern.get(at + 1)?;
            at += 2;
        }
        holds |= (low..=high).contains(&char);
    }
    (holds != negated).then_some(at + 1)
}

/// Whether a name matches a shell pattern, as Go's `filepath.Match`.
pub(super) fn shell(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let segments: Vec<&[char]> = name.split(|char| *char == '/').collect();
    let parts: Vec<&[char]> = pattern.split(|char| *char == '/').collect();
    segments.len() == parts.len()
        && parts
            .iter()
            .zip(&segments)
            .all(|(part, segment)| match_path(part, segment, false))
}
