//! What functions give, in tables: a call and what it prints.

use super::printed;

fn check(rows: &[(&str, &str)]) {
    let values = "num: 3\nbig: 10000000\nword: mesh\nlist: [b, a]\nmap: {x: 1, w: {z: two}}\n";
    for (call, expected) in rows {
        let got = printed(call, values);
        assert_eq!(got.as_deref(), Ok(*expected), "{call}");
    }
}

#[test]
fn strings_are_cut_joined_and_padded_by_bytes() {
    check(&[
        (r#"trunc 3 "gateway""#, "gat"),
        (r#"trunc -3 "gateway""#, "way"),
        (r#"substr 1 4 "gateway""#, "ate"),
        (r#"trimSuffix "-" "a--""#, "a-"),
        (r#"trimAll "/" "//a/b/""#, "a/b"),
        (r#"replace "." "-" "a.b.c""#, "a-b-c"),
        (r#"join "," .Values.list"#, "b,a"),
        (r#"join "-" (list 1 nil "x")"#, "1-x"),
        (r#"splitList "," "a,b" | last"#, "b"),
        (r#"(splitn ":" 2 "a:b:c")._1"#, "b:c"),
        (r#"indent 2 "a\nb""#, "  a\n  b"),
        (r#"quote "a\"b" nil 1"#, r#""a\"b" "1""#),
        (r#"squote "it" "is""#, "'it' 'is'"),
        (r#"cat "a" nil 1"#, "a 1"),
        (r#"abbrev 6 "destination""#, "des..."),
        (r#"wrapWith 4 "|" "abcdefgh ij""#, "abcd|efgh|ij"),
        (r#"repeat 2 "ab""#, "abab"),
        (r#"nospace " a b ""#, "ab"),
    ]);
}

#[test]
fn words_change_their_case_as_in_go() {
    check(&[
        (r#"upper "mesh""#, "MESH"),
        (r#"title "virtual service""#, "Virtual Service"),
        (r#"untitle "Virtual Service""#, "virtual service"),
        (r#"snakecase "VirtualService2x""#, "virtual_service_2x"),
        (r#"kebabcase "HTTPRoute""#, "http-route"),
        (r#"camelcase "peer_authentication""#, "PeerAuthentication"),
        (r#"swapcase "aB""#, "Ab"),
        (r#"initials "service entry""#, "se"),
    ]);
}

#[test]
fn numbers_print_as_floats_and_count_as_integers() {
    check(&[
        (".Values.big", "1e+07"),
        (".Values.big | int", "10000000"),
        (".Values.big | toJson", "10000000"),
        ("add 1 2.9 \"3\"", "6"),
        ("div 7 -2", "-3"),
        ("mod -7 3", "-1"),
        ("max 1 5 3", "5"),
        ("int \"0x1f\"", "31"),
        ("int64 \"12abc\"", "0"),
        ("float64 \"1.50\"", "1.5"),
        ("round 2.675 2", "2.68"),
        ("floor -1.5", "-2"),
        ("until 3 | toJson", "[0,1,2]"),
        ("untilStep 6 0 -2 | toJson", "[6,4,2]"),
        ("seq 2 2 6", "2 4 6"),
        ("addf 0.1 0.2", "0.3"),
        (
            "printf \"%05.1f|%-4d|%+d|%x|%q|%v\" 3.14159 7 7 255 \"s\" nil",
            "003.1|7   |+7|ff|\"s\"|<nil>",
        ),
        ("printf \"%d %s\" \"x\" 5", "%!d(string=x) %!s(int=5)"),
        ("printf \"%s\"", "%!s(MISSING)"),
    ]);
}

#[test]
fn lists_and_maps_behave_as_values_and_references() {
    check(&[
        ("list 1 \"a\" nil", "[1 a <nil>]"),
        ("first .Values.list", "b"),
        ("rest (list) | toJson", "null"),
        ("without (list 1 2 1) 1", "[2]"),
        ("uniq (list \"a\" \"a\" 1)", "[a 1]"),
        ("has 3 (list 3.0)", "false"),
        ("slice (list 1 2 3) 1 2", "[2]"),
        ("chunk 2 (list 1 2 3)", "[[1 2] [3]]"),
        ("concat (list 1) (list) (list 2)", "[1 2]"),
        ("sortAlpha (list \"b\" \"10\" \"9\")", "[10 9 b]"),
        ("dict \"b\" 1 \"a\"", "map[a: b:1]"),
        ("get .Values.map \"none\"", ""),
        ("dig \"w\" \"z\" \"none\" .Values.map", "two"),
        ("dig \"w\" \"q\" \"none\" .Values.map", "none"),
        ("keys .Values.map | sortAlpha", "[w x]"),
        ("omit .Values.map \"w\"", "map[x:1]"),
        (
            "merge (dict \"a\" \"\" \"k\" 1) (dict \"a\" 2 \"k\" 3)",
            "map[a:2 k:1]",
        ),
        (
            "mergeOverwrite (dict \"a\" 1) (dict \"a\" nil)",
            "map[a:<nil>]",
        ),
        ("index .Values.map \"w\" \"z\"", "two"),
        ("hasKey .Values.map \"x\"", "true"),
        ("ternary \"t\" \"f\" (eq .Values.num 3.0)", "t"),
        ("coalesce \"\" 0 nil \"x\"", "x"),
        ("kindOf .Values.num", "float64"),
        ("typeOf (len \"x\")", "int"),
    ]);
}

#[test]
fn versions_compare_with_the_rules_for_prereleases() {
    check(&[
        (r#"semverCompare ">=1.21-0" "v1.30.1-gke.5""#, "true"),
        (r#"semverCompare ">=1.21" "v1.30.1-gke.5""#, "false"),
        (r#"semverCompare "^0.2.3" "0.2.9""#, "true"),
        (r#"semverCompare "^0.2.3" "0.3.0""#, "false"),
        (r#"semverCompare "~1.2" "1.3.0""#, "false"),
        (r#"semverCompare ">1" "1.9.9""#, "false"),
        (r#"semverCompare "<=1.2" "1.2.9""#, "true"),
        (r#"semverCompare "1.2 - 1.4" "1.4.9""#, "true"),
        (r#"semverCompare "1.x || >=3.0.0, <4" "3.5.0""#, "true"),
        (r#"(semver "v1.2").Minor"#, "2"),
    ]);
}

#[test]
fn regular_expressions_have_the_syntax_of_re2() {
    check(&[
        (r#"regexMatch "^\\w+$" "é""#, "false"),
        (r#"regexReplaceAll "(a)(b)?" "ab a" "${1}x""#, "ax ax"),
        (r#"regexReplaceAllLiteral "." "ab" "$0""#, "$0$0"),
        (r#"regexFindAll "[a-z]+" "ab 1 cd" -1"#, "[ab cd]"),
        (r#"regexSplit "," "a,b,c" 2"#, "[a b,c]"),
        (r#"regexMatch "a{,2}" "a{,2}""#, "true"),
        (r#"regexMatch "[[]" "[""#, "true"),
        (r#"regexMatch "(" "x""#, "false"),
        (r#"regexQuoteMeta "a.b""#, "a\\.b"),
    ]);
}

#[test]
fn yaml_json_and_toml_are_written_as_in_go() {
    check(&[
        ("toYaml .Values.map", "w:\n  z: two\nx: 1"),
        (
            "toYaml (dict \"on\" \"12:30\" \"d\" \"2020-01-01\" \"s\" \"a: b\")",
            "d: \"2020-01-01\"\n\"on\": \"12:30\"\ns: 'a: b'",
        ),
        (
            "toYaml (list (list 1) (dict \"a\" (list)))",
            "- - 1\n- a: []",
        ),
        ("toYaml \"a\\nb\\n\"", "|\n  a\n  b"),
        ("toYamlPretty (dict \"a\" (list 1))", "a:\n  - 1"),
        (
            "toJson (dict \"a\" \"<&>\")",
            "{\"a\":\"\\u003c\\u0026\\u003e\"}",
        ),
        ("toRawJson \"<\"", "\"<\""),
        ("(fromYaml \"a: 0777\").a", "511"),
        (
            "(fromYaml \"- 1\").Error | hasPrefix \"error unmarshaling\"",
            "true",
        ),
        ("fromJsonArray \"[1, \\\"a\\\"]\"", "[1 a]"),
        (
            "toToml (dict \"b\" (dict \"c\" 1) \"a\" \"x\")",
            "a = \"x\"\n\n[b]\n  c = 1",
        ),
        ("(fromToml \"a = 5\").a", "5"),
    ]);
}

#[test]
fn encodings_dates_paths_and_addresses_agree_with_go() {
    check(&[
        ("b64enc \"mesh\"", "bWVzaA=="),
        ("b64dec \"bWVzaA==\"", "mesh"),
        ("b64dec \"%\"", "illegal base64 data at input byte 0"),
        ("b32enc \"mesh\"", "NVSXG2A="),
        ("sha256sum \"mesh\" | trunc 8", "d30ca7a7"),
        ("adler32sum \"mesh\"", "70582702"),
        (
            "date \"2006-01-02 Mon\" (toDate \"02.01.2006\" \"29.02.2024\")",
            "2024-02-29 Thu",
        ),
        ("htmlDate 86400", "1970-01-02"),
        ("duration \"3661\"", "1h1m1s"),
        ("base \"a/b.c\"", "b.c"),
        ("ext \"a/b.c\"", ".c"),
        ("clean \"a/../b//c\"", "b/c"),
        ("(urlParse \"https://u@h:8/p?q=1#f\").hostname", "h"),
        (
            "urlJoin (dict \"scheme\" \"https\" \"host\" \"h\" \"path\" \"/p\")",
            "https://h/p",
        ),
    ]);
}

#[test]
fn arguments_of_another_type_are_refused() {
    for (call, expected) in [
        (
            "upper .Values.num",
            "wrong type for value; expected string; got float64",
        ),
        (
            "trunc .Values.num \"x\"",
            "wrong type for value; expected int; got float64",
        ),
        (
            "eq .Values.num 3",
            "incompatible types for comparison: float64 and int",
        ),
        ("upper", "wrong number of args for upper: want 1 got 0"),
        ("div 1 0", "runtime error: integer divide by zero"),
        ("first \"x\"", "Cannot find first on type string"),
        ("semver \"x\"", "invalid semantic version"),
        ("nosuch 1", "function \"nosuch\" not defined"),
        ("env \"HOME\"", "function \"env\" not defined"),
    ] {
        assert_eq!(printed(call, "num: 3"), Err(expected.to_owned()), "{call}");
    }
}
