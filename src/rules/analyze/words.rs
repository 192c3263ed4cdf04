//! Wording that several checks share.

/// How many names a message lists.
const MOST: usize = 6;

/// Names in words: `a`, `a and b`, `a, b and 7 more`. The text stays short however many there are.
pub(super) fn list<I>(names: I) -> String
where
    I: IntoIterator,
    I::Item: AsRef<str>,
{
    let mut all = names.into_iter();
    let mut shown: Vec<String> = Vec::with_capacity(MOST);
    for name in all.by_ref().take(MOST) {
        shown.push(name.as_ref().to_owned());
    }
    let more = all.count();
    if more > 0 {
        return format!("{} and {more} more", shown.join(", "));
    }
    match shown.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// Numbers in words.
pub(super) fn numbers<I>(numbers: I) -> String
where
    I: IntoIterator,
    I::Item: ToString,
{
    list(numbers.into_iter().map(|number| number.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_short() {
        assert_eq!(list::<[&str; 0]>([]), "");
        assert_eq!(list(["a"]), "a");
        assert_eq!(list(["a", "b"]), "a and b");
        assert_eq!(list(["a", "b", "c"]), "a, b and c");
        assert_eq!(numbers(0..9), "0, 1, 2, 3, 4, 5 and 3 more");
    }
}
