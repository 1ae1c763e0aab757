# Definitions of jq 1.8 that jaq lacks.
def trimstr($x): ltrimstr($x) | rtrimstr($x);
def toarray: if isarray then . else [.] end;
def IN(s): any(s == .; .);
def IN(source; s): any(source == s; .);
def INDEX(stream; f): reduce stream as $row ({}; .[$row | f | tostring] = $row);
def INDEX(f): INDEX(.[]; f);
def ascii: [.] | implode;
def leaf_paths: paths(scalars);
def input_filename: null;
def have_decnum: false;
def have_literal_numbers: true;
