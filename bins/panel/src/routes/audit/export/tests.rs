use super::csv_field;

#[test]
fn a_field_is_quoted_and_never_a_formula() {
    for (field, written) in [
        ("plain", "\"plain\""),
        ("two, and \"quoted\"", "\"two, and \"\"quoted\"\"\""),
        ("=cmd|'/c calc'!A1", "\"'=cmd|'/c calc'!A1\""),
        ("+1", "\"'+1\""),
        ("-1", "\"'-1\""),
        ("@SUM(A1)", "\"'@SUM(A1)\""),
        ("  =1+1", "\"'  =1+1\""),
        ("\t=1", "\"'\t=1\""),
        ("\r\n", "\"'\r\n\""),
        ("\u{ff1d}1", "\"'\u{ff1d}1\""),
        ("a=b", "\"a=b\""),
        ("", "\"\""),
    ] {
        assert_eq!(csv_field(field), written, "{field:?}");
    }
}
