//! How statements look to Cedar rules. Everything that has names is an enumerated entity, so that a misspelt
//! nation, level or kind is refused when the policy is read and not on the night it matters.

use std::collections::{BTreeSet, HashMap, HashSet};

use cedar_policy::{
    Entities, Entity, EntityId, EntityTypeName, EntityUid, EvaluationError, RestrictedExpression, Schema,
};
use core::str::FromStr;
use statement::{Kind, Label, Level, Nation, ObjectClass, Sensitivity, Statement};

/// Cedar schema of release decisions, for these nations.
pub fn schema_text(nations: &BTreeSet<Nation>) -> String {
    let nations: Vec<String> = nations.iter().map(|nation| format!("\"{nation}\"")).collect();
    format!(
        r#"
entity Nation enum [{}];
entity Level enum ["warning", "track"];
entity Kind enum ["track-batch", "assessment", "acknowledge", "roster"];
entity Sensitivity enum ["coalition", "sensor-derived", "national-only"];
entity Class enum ["ballistic", "manoeuvring", "space-launch", "satellite", "aircraft", "unknown"];
entity Statement = {{
    kind: Kind,
    level: Level,
    sensitivity: Sensitivity,
    sources: Set<String>,
    // Of assessments: what it most likely is, whether the watch is alarmed, and the revision; else unknown, false, 0.
    class: Class,
    warning: Bool,
    revision: Long,
}};
action release appliesTo {{ principal: [Nation], resource: [Statement] }};
"#,
        nations.join(", ")
    )
}

/// The uid of one entity of an enumerated type.
pub fn uid(type_name: &str, id: &str) -> Result<EntityUid, EvaluationProblem> {
    let type_name =
        EntityTypeName::from_str(type_name).map_err(|error| EvaluationProblem(error.to_string()))?;
    Ok(EntityUid::from_type_name_and_id(type_name, EntityId::new(id)))
}

/// The model could not be put to Cedar: the decision is to withhold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvaluationProblem(pub String);

impl From<EvaluationError> for EvaluationProblem {
    fn from(error: EvaluationError) -> Self {
        EvaluationProblem(error.to_string())
    }
}

/// A statement as the resource of a request: its uid and the entities that hold it.
pub fn resource(
    statement: &Statement,
    label: &Label,
    schema: &Schema,
) -> Result<(EntityUid, Entities), EvaluationProblem> {
    let kind = statement.kind();
    let (class, warning, revision) = match statement {
        Statement::Assessment(assessment) => {
            (assessment.classes.most_likely(), assessment.warning, i64::from(assessment.revision))
        }
        _ => (ObjectClass::Unknown, false, 0),
    };
    let entity = |type_name: &str, id: &str| uid(type_name, id).map(RestrictedExpression::new_entity_uid);
    let sources = label.sources.iter().map(|source| RestrictedExpression::new_string(source.clone()));
    let attributes = HashMap::from([
        ("kind".to_owned(), entity("Kind", kind_name(kind))?),
        ("level".to_owned(), entity("Level", level_name(kind.level()))?),
        ("sensitivity".to_owned(), entity("Sensitivity", sensitivity_name(label.sensitivity))?),
        ("sources".to_owned(), RestrictedExpression::new_set(sources)),
        ("class".to_owned(), entity("Class", class_name(class))?),
        ("warning".to_owned(), RestrictedExpression::new_bool(warning)),
        ("revision".to_owned(), RestrictedExpression::new_long(revision)),
    ]);
    let resource = uid("Statement", "this")?;
    let entity = Entity::new(resource.clone(), attributes, HashSet::new())
        .map_err(|error| EvaluationProblem(error.to_string()))?;
    let entities = Entities::from_entities([entity], Some(schema))
        .map_err(|error| EvaluationProblem(error.to_string()))?;
    Ok((resource, entities))
}

/// A level's name in rules.
pub fn level_name(level: Level) -> &'static str {
    match level {
        Level::Warning => "warning",
        Level::Track => "track",
    }
}

fn kind_name(kind: Kind) -> &'static str {
    kind.as_str()
}

fn sensitivity_name(sensitivity: Sensitivity) -> &'static str {
    match sensitivity {
        Sensitivity::Coalition => "coalition",
        Sensitivity::SensorDerived => "sensor-derived",
        Sensitivity::NationalOnly => "national-only",
    }
}

fn class_name(class: ObjectClass) -> &'static str {
    match class {
        ObjectClass::Ballistic => "ballistic",
        ObjectClass::Manoeuvring => "manoeuvring",
        ObjectClass::SpaceLaunch => "space-launch",
        ObjectClass::Satellite => "satellite",
        ObjectClass::Aircraft => "aircraft",
        ObjectClass::Unknown => "unknown",
    }
}
