//! `kubectl explain` (`pkg/explain/v2/templates/plaintext.tmpl`): the fields that a kind has. The
//! schema keeps their names and types, and no descriptions; the real program says so of fields
//! without one, too.

use cluster::apiserver::schema;

use crate::args::Args;
use crate::errors::Problem;
use crate::resource;
use crate::session::{Done, Session};

pub(crate) fn explain(args: &Args, session: &mut Session<'_>) -> Done {
    let path = match args.words.as_slice() {
        [path] => path,
        [] => {
            return Err(Problem::plain(
                "You must specify the type of resource to explain. Use \"kubectl api-resources\" for a complete list of supported resources.\n",
            ));
        }
        _ => {
            return Err(Problem::plain(
                "We accept only this format: explain RESOURCE\n",
            ));
        }
    };
    if let Some(format) = args.value("output")
        && format != "plaintext"
    {
        return Err(match format {
            "plaintext-openapiv2" => Problem::note(crate::Note::FlagNotSimulated {
                command: "kubectl explain".to_owned(),
                flag: format!("-o {format}"),
            }),
            _ => Problem::plain(format!("unrecognized format: {format}")),
        });
    }
    let mut names = path.trim_end_matches('.').split('.');
    let kind = resource::kind_of(names.next().unwrap_or_default())?;
    let names: Vec<&str> = names.collect();
    let mut code = kind.name();
    for (at, name) in names.iter().enumerate() {
        let fields = schema::fields_of(bare(code)).unwrap_or_default();
        let found = fields.split(' ').find_map(|field| {
            let (known, code) = field.split_once(':')?;
            (known == *name).then_some(code)
        });
        code = match found {
            Some(found) => found,
            None => {
                let last = names.last().filter(|_| at < names.len()).unwrap_or(name);
                return Err(Problem::plain(format!("field \"{last}\" does not exist")));
            }
        };
    }
    let (group, version) = kind
        .api_version()
        .split_once('/')
        .unwrap_or(("", kind.api_version()));
    let mut text = String::new();
    if !group.is_empty() {
        text = format!("GROUP:      {group}\n");
    }
    text.push_str(&format!(
        "KIND:       {}\nVERSION:    {version}\n\n",
        kind.name()
    ));
    if let Some(name) = names.last() {
        text.push_str(&format!("FIELD: {name} <{}>\n\n\n", type_name(name, code)));
    }
    text.push_str("DESCRIPTION:\n    <empty>\n");
    let mut above = Vec::new();
    let mut fields = String::new();
    list(
        bare(code),
        args.switch("recursive"),
        &mut above,
        &mut fields,
    );
    if !fields.is_empty() {
        text.push_str("FIELDS:\n");
    }
    session.out(&[&text, &fields, "\n"].concat());
    Ok(None)
}

/// The type of the elements of a list or map, without marks.
fn bare(code: &'static str) -> &'static str {
    code.trim_matches(['[', '{', '!', '~'])
}

/// The fields of a type, and if asked for those within them.
fn list(name: &'static str, recursive: bool, above: &mut Vec<&'static str>, text: &mut String) {
    let Some(fields) = schema::fields_of(name).filter(|_| !above.contains(&name)) else {
        return;
    };
    above.push(name);
    for field in fields.split(' ') {
        let Some((field, code)) = field.split_once(':') else {
            continue;
        };
        text.extend(std::iter::repeat_n("  ", above.len()));
        text.extend([field, "\t<", &type_name(field, code), ">"]);
        if code.contains('!') {
            text.push_str(" -required-");
        }
        text.push('\n');
        match recursive {
            true => list(bare(code), true, above, text),
            false => text.push_str("    <no description>\n\n"),
        }
    }
    above.pop();
}

/// What `explain` calls a type: `[]Container`, `map[string]string`.
fn type_name(field: &str, code: &'static str) -> String {
    let code = code.trim_end_matches(['!', '~']);
    let (before, element) = match (code.strip_prefix('['), code.strip_prefix('{')) {
        (Some(element), _) => ("[]", element),
        (_, Some(element)) => ("map[string]", element),
        _ => {
            return match code {
                "s" | "t" => "string",
                "b" => "boolean",
                "i" | "l" => "integer",
                "q" => "Quantity",
                "p" => "IntOrString",
                "o" if field == "fieldsV1" => "FieldsV1",
                "o" => "RawExtension",
                name => name.strip_prefix("Discovery").unwrap_or(name),
            }
            .to_owned();
        }
    };
    before.to_owned() + &type_name(field, element)
}
