# SPDX-License-Identifier: GPL-2.0-or-later
# The tools that hold what the hosts of the lab gave against what they owe can say no.

setup() {
	cp "$BATS_TEST_DIRNAME"/../lab/conformance/{merge,compare,document.py} "$BATS_TEST_TMPDIR"
	cd "$BATS_TEST_TMPDIR" || return
	cat >expected <<-'END'
	case path  new    old
	A01  cdev  EBUSY  +
	A02  cdev  o      .
	A02  group !EPERM o
	END
	echo 'A02 cdev nobody has it' >never
	cat >catalogue.json <<-'END'
	{"statements": [{"code": "S", "title": "All is well"}], "cases": [
		{"id": "A01", "title": "one", "statement": "S", "paths": ["cdev"]},
		{"id": "A02", "title": "two", "statement": "S", "paths": ["cdev"]}]}
	END
	result_of A01 cdev pass EBUSY >new.results
	result_of A02 cdev skip - >>new.results
	result_of A02 group fail EPERM >>new.results
	result_of A01 cdev pass ok >old.results
	result_of A02 group skip - >>old.results
}

# A line as merge prints it.
result_of() {
	echo "$1 $2 $3 $4 ${5:-true} because"
}

# fails TEXT COMMAND...: with that text, and nothing but a message.
fails() {
	local text=$1
	shift
	run "$@"
	[ "$status" -eq 1 ]
	[[ $output == *"$text"* ]] || { echo "no '$text' in: $output"; return 1; }
}

@test "merge: a failure counts before a pass, a pass before a skip" {
	one() { echo "{\"results\": [{\"id\": \"A01\", \"path\": \"cdev\", \"status\": \"$1\", \"got\": \"$2\"}]}"; }
	one skip null >1.json
	one pass EBUSY >2.json
	one fail ok >3.json
	[ "$(./merge 1.json 2.json)" = "A01 cdev pass EBUSY - -" ]
	[ "$(./merge 1.json 2.json 3.json)" = "A01 cdev fail ok - -" ]
}

@test "compare: what is owed is silent" {
	run ./compare new new.results
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	./compare old old.results
}

@test "compare: every difference is told" {
	sed -i 's/EBUSY/EINVAL/' new.results
	fails 'A01 through cdev: expected EBUSY, it is pass (EINVAL) because' ./compare new new.results
	sed -i 's/^A01 cdev pass/A01 cdev fail/' old.results
	fails 'A01 through cdev: expected +, it is fail' ./compare old old.results
	sed -i '/^A01/d' old.results
	fails 'A01 through cdev: expected +, it did not run' ./compare old old.results
	result_of A03 cdev pass ok >>old.results
	fails 'A03 through cdev: pass (ok), and not in the table' ./compare old old.results
	fails 'no host older' ./compare older old.results
}

@test "document: a page with a row for each case" {
	run ./document.py catalogue.json .
	[ "$status" -eq 0 ]
	[[ $output == *$'\n| A01 | one | cdev | EBUSY | ok |\n'* ]]
	[[ $output == *$'\n- A02 through the cdev: nobody has it.'* ]]
}

@test "document: a case that passed nowhere, or that passed although it cannot, is an error" {
	sed -i 's/pass/skip/' new.results old.results
	fails 'A01 through the cdev: passed nowhere' ./document.py catalogue.json .
	result_of A02 cdev pass ok >new.results
	fails 'A02 through the cdev: passed, and `never` says it cannot' ./document.py catalogue.json .
}

@test "document: one host has to have seen a case fail" {
	result_of A01 cdev pass EBUSY - >new.results
	./document.py catalogue.json . >page
	result_of A01 cdev pass ok - >old.results
	fails 'A01 through the cdev: passed, and was never seen to fail' ./document.py catalogue.json .
}
