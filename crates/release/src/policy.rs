//! A nation's release policy: Cedar rules, decided for one statement and one partner at a time.

use core::str::FromStr;
use std::collections::BTreeSet;
use std::sync::RwLock;

use cedar_policy::{
    Authorizer, Context, Decision as Cedar, EntityUid, PolicySet, Request, Schema, ValidationMode, Validator,
};
use serde::{Deserialize, Serialize};
use statement::{Label, Level, Nation, Statement, TrackBatch};

use crate::model::{self, EvaluationProblem};
use crate::released::{Decision, Released, Why, Withheld};

/// A policy file that cannot be used. One line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {what}")]
pub struct PolicyError {
    /// The file, as it was named.
    pub file: String,
    /// What is wrong, with the line or rule where that is known.
    pub what: String,
}

/// The terms on which one partner gets what a nation says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The highest level that the partner gets; `None`: nothing.
    pub level: Option<Level>,
    /// Why not more; empty where there is no more.
    pub reason: String,
}

/// A nation's release policy.
#[derive(Clone, Debug)]
pub struct Policy {
    rules: PolicySet,
    schema: Schema,
    action: EntityUid,
}

impl Policy {
    /// Reads the rules in `text`, for a realm of these `nations`. A rule that names an unknown nation, level, kind
    /// or attribute is refused here, as is a rule without an `@id`.
    pub fn parse(file: &str, text: &str, nations: &BTreeSet<Nation>) -> Result<Policy, PolicyError> {
        let refused = |what: String| PolicyError { file: file.to_owned(), what: one_line(&what) };
        let schema =
            schema(nations).map_err(|error| refused(format!("the release schema does not hold: {error}")))?;
        let parsed = PolicySet::from_str(text).map_err(|error| {
            let line = miette_line(&error, text);
            refused(format!("{line}{error}; expected Cedar rules"))
        })?;
        let mut rules = PolicySet::new();
        for policy in parsed.policies() {
            let id = policy.annotation("id").filter(|id| !id.is_empty()).ok_or_else(|| {
                refused(format!("rule {} has no @id; expected @id(\"name\") before it", policy.id()))
            })?;
            let renamed = policy.new_id(cedar_policy::PolicyId::new(id));
            rules.add(renamed).map_err(|error| refused(format!("rule `{id}`: {error}")))?;
        }
        let validation = Validator::new(schema.clone()).validate(&rules, ValidationMode::Strict);
        if let Some(error) = validation.validation_errors().map(|error| error.to_string()).min() {
            return Err(refused(error));
        }
        let action = model::uid("Action", "release").map_err(|EvaluationProblem(what)| refused(what))?;
        Ok(Policy { rules, schema, action })
    }

    /// Decides who of `partners` may see `statement`. The answer names everybody: who gets it, and why each of the
    /// others does not.
    pub fn release(
        &self,
        statement: Statement,
        label: &Label,
        partners: &BTreeSet<Nation>,
    ) -> Decision<Statement> {
        let (kind, level) = (statement.kind(), statement.kind().level());
        let mut audience = BTreeSet::new();
        let mut withheld = Vec::new();
        for &partner in partners {
            match self.decide(&statement, label, partner) {
                Ok(()) => {
                    audience.insert(partner);
                }
                Err(why) => withheld.push(Withheld { partner, kind, level, why }),
            }
        }
        let released =
            (!audience.is_empty()).then(|| Released::new(statement, audience, level, label.clone()));
        Decision { released, withheld }
    }

    /// On which terms `partner` gets what is said, where tracks carry `label`.
    pub fn terms(&self, partner: Nation, label: &Label) -> Terms {
        let warning = Statement::Assessment(statement::Assessment { warning: true, ..Default::default() });
        if let Err(why) = self.decide(&warning, label, partner) {
            return Terms { level: None, reason: why.to_string() };
        }
        match self.decide(&Statement::TrackBatch(TrackBatch::default()), label, partner) {
            Ok(()) => Terms { level: Some(Level::Track), reason: String::new() },
            Err(why) => Terms { level: Some(Level::Warning), reason: why.to_string() },
        }
    }

    fn decide(&self, statement: &Statement, label: &Label, partner: Nation) -> Result<(), Why> {
        if label.releasable_to.as_ref().is_some_and(|allowed| !allowed.contains(&partner)) {
            return Err(Why::Label);
        }
        let failed =
            |EvaluationProblem(what): EvaluationProblem| Why::RuleFailed(vec![("model".into(), what)]);
        let (resource, entities) = model::resource(statement, label, &self.schema).map_err(failed)?;
        let principal = model::uid("Nation", partner.as_str()).map_err(failed)?;
        let request =
            Request::new(principal, self.action.clone(), resource, Context::empty(), Some(&self.schema))
                .map_err(|error| failed(EvaluationProblem(error.to_string())))?;
        let answer = Authorizer::new().is_authorized(&request, &self.rules, &entities);

        // Cedar skips a rule that fails, a `forbid` too: here any failure withholds, aloud.
        let mut failures: Vec<(String, String)> = answer
            .diagnostics()
            .errors()
            .map(|error| match error {
                cedar_policy::AuthorizationError::PolicyEvaluationError(error) => {
                    (error.policy_id().to_string(), one_line(&error.inner().to_string()))
                }
            })
            .collect();
        if !failures.is_empty() {
            failures.sort();
            return Err(Why::RuleFailed(failures));
        }
        if answer.decision() == Cedar::Allow {
            return Ok(());
        }
        // Cedar's reasons are an unordered set.
        let mut rules: Vec<(String, String)> = answer
            .diagnostics()
            .reason()
            .map(|id| {
                let reason = self.rules.policy(id).and_then(|rule| rule.annotation("reason"));
                (id.to_string(), reason.unwrap_or("forbids it").to_owned())
            })
            .collect();
        rules.sort();
        Err(if rules.is_empty() { Why::NoRule } else { Why::Forbidden(rules) })
    }
}

/// The schema for these nations. It depends on them alone, and takes longer to read than the rules: the last one is kept.
fn schema(nations: &BTreeSet<Nation>) -> Result<Schema, String> {
    static KEPT: RwLock<Option<(BTreeSet<Nation>, Schema)>> = RwLock::new(None);
    if let Ok(kept) = KEPT.read()
        && let Some((of, schema)) = kept.as_ref()
        && of == nations
    {
        return Ok(schema.clone());
    }
    let (schema, _) =
        Schema::from_cedarschema_str(&model::schema_text(nations)).map_err(|error| error.to_string())?;
    if let Ok(mut kept) = KEPT.write() {
        *kept = Some((nations.clone(), schema.clone()));
    }
    Ok(schema)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `line N: ` of a parse error, where Cedar says where it is.
fn miette_line(error: &cedar_policy::ParseErrors, text: &str) -> String {
    use miette::Diagnostic;
    let offset = error.labels().and_then(|mut labels| labels.next()).map(|label| label.offset());
    match offset.and_then(|offset| text.get(..offset)) {
        Some(before) => format!("line {}: ", before.matches('\n').count() + 1),
        None => String::new(),
    }
}
