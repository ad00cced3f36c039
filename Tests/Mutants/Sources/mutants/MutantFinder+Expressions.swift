import SwiftSyntax

// How each kind of mutant is written around what it changes: expressions.

extension MutantFinder {
    // MARK: Conditions

    func findConditions(_ conditions: ConditionElementListSyntax, isGuard: Bool) {
        for element in conditions {
            guard case .expression(let condition) = element.condition else { continue }
            negate(condition)
            if isGuard || conditions.count > 1 { takeOut(condition) }
        }
    }

    func negate(_ condition: ExprSyntax) {
        let text = condition.trimmedDescription
        add(.negated, condition, prefix: "mutantFlips(#, ", suffix: ")", to: "!(\(text))")
    }

    func takeOut(_ condition: ExprSyntax) {
        add(.operand, condition, prefix: "\(unasked("mutantHolds", condition))(#, ", suffix: ")", to: "true")
    }

    /// The helper that does not even evaluate what is not asked. Where the original may throw, `try` stands within the
    /// arguments, so there it is evaluated and its answer not heeded.
    func unasked(_ helper: String, _ original: ExprSyntax) -> String {
        let throwing = original.tokens(viewMode: .sourceAccurate).contains { $0.tokenKind == .keyword(.try) }
        return throwing ? helper + "After" : helper
    }

    // MARK: Operators

    func findOperator(_ node: InfixOperatorExprSyntax, _ token: TokenSyntax) {
        let left = node.leftOperand.trimmedDescription
        let right = node.rightOperand.trimmedDescription
        switch token.text {
        case "&&", "||":
            let isAnd = token.text == "&&"
            let helper = isAnd ? "mutantHolds" : "mutantFails"
            add(
                .junction, node, prefix: isAnd ? "mutantAnd(#, " : "mutantOr(#, ", suffix: ")",
                to: "(\(left)) \(isAnd ? "||" : "&&") (\(right))", comma: token)
            let whole = node.trimmedDescription
            add(
                .operand, node.leftOperand, prefix: "\(unasked(helper, node.leftOperand))(#, ", suffix: ")",
                to: right, original: whole)
            add(
                .operand, node.rightOperand, prefix: "\(unasked(helper, node.rightOperand))(#, ", suffix: ")",
                to: left, original: whole)
        case "<", "<=", ">", ">=":
            let other = token.text.count == 1 ? token.text + "=" : String(token.text.prefix(1))
            let helper = [
                "<": "mutantLess", "<=": "mutantLessOrEqual", ">": "mutantMore", ">=": "mutantMoreOrEqual",
            ]
            flip(node)
            add(
                .boundary, node, prefix: "\(helper[token.text] ?? "")(#, ", suffix: ")",
                to: "\(left) \(other) \(right)", comma: token)
        case "==", "!=": flip(node)
        default: break
        }
    }

    /// A comparison that is not the whole of a condition, which is negated already.
    func flip(_ node: InfixOperatorExprSyntax) {
        let parent = node.parent
        if parent?.is(ConditionElementSyntax.self) ?? false || parent?.is(WhereClauseSyntax.self) ?? false {
            return
        }
        if let ternary = parent?.as(TernaryExprSyntax.self), ternary.condition.id == ExprSyntax(node).id {
            return
        }
        add(
            .comparison, node, prefix: "mutantFlips(#, ", suffix: ")", to: "!(\(node.trimmedDescription))")
    }

    // MARK: Constants

    /// A literal alone tells nobody where it stands.
    func around(_ literal: some ExprSyntaxProtocol) -> String {
        guard let parent = literal.parent, parent.trimmedDescription.count < 80,
            !parent.is(CodeBlockItemSyntax.self)
        else { return literal.trimmedDescription }
        return "\(literal.trimmedDescription) in \(parent.trimmedDescription)"
    }

    func isDuration(_ call: FunctionCallExprSyntax) -> Bool {
        ["seconds", "milliseconds", "microseconds", "nanoseconds"].contains(Deciding.name(of: call))
            && call.calledExpression.is(MemberAccessExprSyntax.self) && call.arguments.count == 1
            && call.arguments.first?.label == nil
            && call.arguments.first?.expression.is(IntegerLiteralExprSyntax.self) ?? false
    }

    func findDuration(_ call: FunctionCallExprSyntax) {
        guard isDuration(call) else { return }
        let text = call.trimmedDescription
        add(.duration, call, prefix: "mutantStretches(#, ", suffix: ")", to: "\(text) * 10")
        add(.duration, call, prefix: "mutantShrinks(#, ", suffix: ")", to: "\(text) / 10")
    }
}
