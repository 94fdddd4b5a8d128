//! Where v1.36 is known to print something else than what was recorded with a server of v1.20: rule by
//! rule, with the text that has to be printed instead, to the letter.

/// A known difference.
pub(super) struct Renewal {
    /// The recording, and a part of the command or of what it read.
    pub(super) recording: &'static str,
    pub(super) command: &'static str,
    /// What v1.36 prints, on standard output and then on standard error.
    pub(super) text: &'static str,
    /// Why it does.
    #[allow(dead_code, reason = "for those who read the table")]
    pub(super) why: &'static str,
}

/// All that are known.
pub(super) const RENEWALS: &[Renewal] = &[
    Renewal {
        recording: "12-api-errors",
        command: "replicas: two",
        text: "Error from server (BadRequest): error when creating \"STDIN\": StatefulSet in version \"v1\" cannot be handled as a StatefulSet: json: cannot unmarshal string into Go struct field StatefulSetSpec.spec.replicas of type int32\n",
        why: "fields are validated by the server since v1.27",
    },
    Renewal {
        recording: "12-api-errors",
        command: "name: other-10\n",
        text: "Error from server (BadRequest): error when creating \"STDIN\": StatefulSet in version \"v1\" cannot be handled as a StatefulSet: strict decoding error: unknown field \"spec.replica\"\n",
        why: "fields are validated by the server since v1.27",
    },
    Renewal {
        recording: "12-api-errors",
        command: "storage: 1MM",
        text: "Error from server (BadRequest): error when creating \"STDIN\": StatefulSet in version \"v1\" cannot be handled as a StatefulSet: unable to parse quantity's suffix\n",
        why: "another decoder of JSON since v1.23, which doesn't quote what stands around the error",
    },
    Renewal {
        recording: "12-api-errors",
        command: "app: 5",
        text: "Error from server (BadRequest): error when creating \"STDIN\": Service in version \"v1\" cannot be handled as a Service: json: cannot unmarshal number into Go struct field ServiceSpec.spec.selector of type string\n",
        why: "another decoder of JSON since v1.23",
    },
    Renewal {
        recording: "12-api-errors",
        command: "kind: PersistentVolume\nmetadata:\n  name: x\nspec:\n  accessModes",
        text: "The PersistentVolume \"x\" is invalid: \n* spec.capacity: Required value\n* spec.capacity: Unsupported value: null: supported values: \"storage\"\n",
        why: "values are told as JSON since v1.33",
    },
    Renewal {
        recording: "12-api-errors",
        command: "\"type\": \"Nope\"",
        text: "The StatefulSet \"demo-statefulset\" is invalid: spec.updateStrategy: Invalid value: {\"Type\":\"Nope\",\"RollingUpdate\":{\"Partition\":0,\"MaxUnavailable\":null}}: must be 'RollingUpdate' or 'OnDelete'\n",
        why: "values are told as JSON since v1.33",
    },
    Renewal {
        recording: "12-api-errors",
        command: "app: 'a b'",
        text: "The StatefulSet \"other-28\" is invalid: \n* spec.selector.matchLabels: Invalid value: \"a b\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')\n* spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"a b\"}}\n",
        why: "values are told as JSON since v1.33",
    },
    Renewal {
        recording: "14-formats",
        command: "label pod demo-statefulset-0 role-",
        text: "pod/demo-statefulset-0 unlabeled\n",
        why: "what was done is told since v1.22",
    },
    Renewal {
        recording: "14-formats",
        command: "config current-context",
        text: "minikube\n",
        why: "the context of the recordings was called `c`",
    },
];

/// The rule for a command of a recording, with what it read.
pub(super) fn of(recording: &str, command: &str, stdin: &str) -> Option<(usize, &'static Renewal)> {
    RENEWALS.iter().enumerate().find(|(_, rule)| {
        let said = [command, stdin]
            .iter()
            .any(|text| text.contains(rule.command));
        said && recording.starts_with(rule.recording)
    })
}
