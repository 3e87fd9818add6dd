//! Binary operators.

use hcl_edit::expr::BinaryOperator;

use super::value::Value;

/// Applies an operator; what depends on something unknown is unknown, unless the other side decides alone.
pub(super) fn binary(operator: BinaryOperator, left: &Value, right: &Value) -> Value {
    let unknown = || Value::because(&[left, right], "wrong operands");
    match operator {
        BinaryOperator::Eq | BinaryOperator::NotEq => {
            if !left.is_known() || !right.is_known() {
                return unknown();
            }
            Value::Bool((left == right) == (operator == BinaryOperator::Eq))
        }
        BinaryOperator::And => match (left.truth(), right.truth()) {
            (Some(false), _) | (_, Some(false)) => Value::Bool(false),
            (Some(true), Some(true)) => Value::Bool(true),
            _ => unknown(),
        },
        BinaryOperator::Or => match (left.truth(), right.truth()) {
            (Some(true), _) | (_, Some(true)) => Value::Bool(true),
            (Some(false), Some(false)) => Value::Bool(false),
            _ => unknown(),
        },
        _ => {
            let (Some(a), Some(b)) = (left.number(), right.number()) else { return unknown() };
            match operator {
                BinaryOperator::Less => Value::Bool(a < b),
                BinaryOperator::LessEq => Value::Bool(a <= b),
                BinaryOperator::Greater => Value::Bool(a > b),
                BinaryOperator::GreaterEq => Value::Bool(a >= b),
                BinaryOperator::Plus => Value::Number(a + b),
                BinaryOperator::Minus => Value::Number(a - b),
                BinaryOperator::Mul => Value::Number(a * b),
                BinaryOperator::Div if b != 0.0 => Value::Number(a / b),
                BinaryOperator::Mod if b != 0.0 => Value::Number(a % b),
                _ => Value::invalid("division by zero"),
            }
        }
    }
}
