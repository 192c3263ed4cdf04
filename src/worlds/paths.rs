//! Paths of a repository: relative to its root, with `/`; the root is the empty path.

/// The parts of a path.
pub(super) fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty())
}

/// Whether a path is a folder or lies below it.
pub fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The folder of a file; the root for files directly in it.
pub(super) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The deepest folder that all paths are, or lie below.
pub(super) fn common_folder<'p>(paths: impl IntoIterator<Item = &'p str>) -> String {
    let mut paths = paths.into_iter();
    let Some(first) = paths.next() else {
        return String::new();
    };
    let mut common: Vec<&str> = segments(first).collect();
    for path in paths {
        let equal = common
            .iter()
            .zip(segments(path))
            .take_while(|(a, b)| **a == *b)
            .count();
        common.truncate(equal);
    }
    common.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_hold_what_is_below_them_at_the_bounds_of_names() {
        assert!(is_below("a/b", "a") && is_below("a", "a") && is_below("a", ""));
        assert!(!is_below("ab", "a"));
        assert_eq!(folder_of("a/b.yaml"), "a");
        assert_eq!(folder_of("b.yaml"), "");
    }

    #[test]
    fn the_common_folder_is_whole_names_long() {
        assert_eq!(common_folder(["a/b/c", "a/b/d", "a/bc"]), "a");
        assert_eq!(common_folder(["a/b"]), "a/b");
        assert_eq!(common_folder([]), "");
    }
}
