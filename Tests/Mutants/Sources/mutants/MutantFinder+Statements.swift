import SwiftSyntax

// How each kind of mutant is written around what it changes: statements, and returns before their time.

extension MutantFinder {
    // MARK: Statements

    func findStatement(_ item: CodeBlockItemSyntax, _ statement: ExprSyntax) {
        guard !scopes.isEmpty, !Deciding.isTalk(statement) else { return }
        var inner = statement
        while let attempt = inner.as(TryExprSyntax.self) { inner = attempt.expression }
        if let infix = inner.as(InfixOperatorExprSyntax.self) {
            guard isAssignment(infix) else { return }
            let target = infix.leftOperand.trimmedDescription
            if awaiting.last?.contains(target) ?? false { return }
            drop(.assignment, item)
            return
        }
        if let chain = inner.as(OptionalChainingExprSyntax.self) { inner = chain.expression }
        guard inner.is(FunctionCallExprSyntax.self), !Deciding.isValue(item) else { return }
        drop(.call, item)
    }

    func drop(_ kind: MutantKind, _ item: CodeBlockItemSyntax) {
        add(kind, item.item, prefix: "if mutantLeaves(#) { ", suffix: " }", to: "(left out)")
    }

    func isAssignment(_ infix: InfixOperatorExprSyntax) -> Bool {
        if infix.operator.is(AssignmentExprSyntax.self) { return true }
        guard let text = infix.operator.as(BinaryOperatorExprSyntax.self)?.operator.text else { return false }
        return text.hasSuffix("=") && !["==", "!=", "<=", ">=", "===", "!=="].contains(text)
    }

    /// The way out of an `if` without `else`, where the code behind it can go on.
    func findExit(_ item: CodeBlockItemSyntax, _ statement: StmtSyntax) {
        guard
            statement.is(ReturnStmtSyntax.self) || statement.is(ThrowStmtSyntax.self)
                || statement.is(ContinueStmtSyntax.self) || statement.is(BreakStmtSyntax.self),
            let branch = item.parent?.parent?.parent?.as(IfExprSyntax.self), branch.elseBody == nil,
            let outer = branch.parent?.parent?.as(CodeBlockItemSyntax.self)
                ?? branch.parent?.as(CodeBlockItemSyntax.self),
            let list = outer.parent?.as(CodeBlockItemListSyntax.self)
        else { return }
        let isFunctionBody =
            list.parent?.parent?.is(FunctionDeclSyntax.self) ?? false
            || list.parent?.is(AccessorBlockSyntax.self) ?? false
        let endsVoid = statement.as(ReturnStmtSyntax.self).map { $0.expression == nil } ?? false
        let staysInLoop = statement.is(ContinueStmtSyntax.self) || statement.is(BreakStmtSyntax.self)
        let isLast = list.last?.id == outer.id
        guard staysInLoop || endsVoid || (isFunctionBody && !isLast) else { return }
        // Nothing would be left out: what follows is what the exit leads to.
        if isLast, isFunctionBody || statement.is(ContinueStmtSyntax.self) { return }
        drop(.exit, item)
    }

    // MARK: Early returns

    func findEarly(_ statements: CodeBlockItemListSyntax, type: TypeSyntax?) {
        guard let first = statements.first else { return }
        let values = Deciding.hasty(type)
        let isVoid = values == [""]
        if statements.count == 1, !isVoid, case .expr(let value) = first.item {
            if value.is(IfExprSyntax.self) || value.is(SwitchExprSyntax.self) { return }
            for hasty in values {
                let helper = ["false": "mutantFails", "true": "mutantHolds"][hasty] ?? "mutantPicks"
                let other = helper == "mutantPicks" ? "\(hasty), " : ""
                add(.early, value, prefix: "\(unasked(helper, value))(#, \(other)", suffix: ")", to: hasty)
            }
            return
        }
        if statements.count == 1, !isVoid, !first.item.is(ReturnStmtSyntax.self) { return }
        // One statement alone is left out already.
        if statements.count > 1 || !isVoid {
            for hasty in values { hurry(first, hasty, "at the start") }
        }
        if isVoid, statements.count >= 4 {
            let middle = statements[statements.index(statements.startIndex, offsetBy: statements.count / 2)]
            hurry(middle, "", "before \(middle.trimmedDescription.onOneLine(60))")
        }
    }

    func hurry(_ item: CodeBlockItemSyntax, _ value: String, _ place: String) {
        let exit = value.isEmpty ? "return" : "return \(value)"
        let start = item.positionAfterSkippingLeadingTrivia
        add(
            .early, start, start, prefix: "if mutantHurries(#) { \(exit) }; ", suffix: "",
            original: "(\(place))", to: exit)
    }
}
