import SwiftSyntax

// Walks one file and finds every place where a mutant fits. Each form keeps the original text exactly once, so that
// mutants nest, and adds no line, so that the compiler's complaints lead back to them.

final class MutantFinder: SyntaxVisitor {
    private let path: String
    private let converter: SourceLocationConverter
    private(set) var mutants: [Mutant] = []
    private var occurrences: [String: Int] = [:]
    /// Names of the functions, properties and constants around the place.
    private(set) var scopes: [String] = []
    /// Names in each function that get their first value by an assignment.
    private(set) var awaiting: [Set<String>] = []
    private let isLeftOut: (String) -> Bool

    init(path: String, tree: Syntax, isLeftOut: @escaping (String) -> Bool) {
        self.path = path
        self.isLeftOut = isLeftOut
        converter = SourceLocationConverter(fileName: path, tree: tree)
        super.init(viewMode: .sourceAccurate)
    }

    // MARK: Adding

    func add(
        _ kind: MutantKind, _ node: some SyntaxProtocol, prefix: String, suffix: String, to mutated: String,
        original: String? = nil, comma: TokenSyntax? = nil
    ) {
        let start = node.positionAfterSkippingLeadingTrivia
        let end = node.endPositionBeforeTrailingTrivia
        add(
            kind, start, end, prefix: prefix, suffix: suffix,
            original: (original ?? node.trimmedDescription).onOneLine(), to: mutated.onOneLine(),
            comma: comma.map {
                $0.positionAfterSkippingLeadingTrivia
                    .utf8Offset..<$0.endPositionBeforeTrailingTrivia.utf8Offset
            })
    }

    func add(
        _ kind: MutantKind, _ start: AbsolutePosition, _ end: AbsolutePosition, prefix: String,
        suffix: String,
        original: String, to mutated: String, comma: Range<Int>? = nil
    ) {
        let function = scopes.last ?? "file"
        let what = "\(scopes.joined(separator: "."))|\(kind.rawValue)|\(original)|\(mutated)"
        let number = occurrences[what, default: 0]
        occurrences[what] = number + 1
        let hash = String(stableHash("\(what)|\(number)") & 0xffff_ffff, radix: 16)
        let file = path.split(separator: "/").last ?? ""
        mutants.append(
            Mutant(
                identity: "\(file)/\(function)/\(kind.rawValue)/\(hash)", path: path, order: mutants.count,
                function: function,
                kind: kind, line: converter.location(for: start).line,
                endLine: converter.location(for: end).line, original: original, mutated: mutated,
                form: Mutant.Form(
                    start: start.utf8Offset, end: end.utf8Offset, prefix: prefix, suffix: suffix,
                    comma: comma)))
    }

    // MARK: Where not to look

    override func visit(_: InitializerDeclSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_: DeinitializerDeclSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_: StringLiteralExprSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_: FunctionParameterClauseSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_: EnumCaseDeclSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_: AttributeListSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_: SwitchCaseLabelSyntax) -> SyntaxVisitorContinueKind { .visitChildren }
    override func visit(_: ExpressionPatternSyntax) -> SyntaxVisitorContinueKind { .skipChildren }

    override func visit(_ node: LabeledExprSyntax) -> SyntaxVisitorContinueKind {
        Deciding.isWords(node) ? .skipChildren : .visitChildren
    }

    override func visit(_ node: FunctionCallExprSyntax) -> SyntaxVisitorContinueKind {
        if Deciding.speaks(node) { return .skipChildren }
        findDuration(node)
        return isDuration(node) ? .skipChildren : .visitChildren
    }

    // MARK: Scopes

    override func visit(_ node: FunctionDeclSyntax) -> SyntaxVisitorContinueKind {
        guard Deciding.decides(node), let body = node.body, !isLeftOut(node.name.text) else {
            return .skipChildren
        }
        scopes.append(node.name.text)
        awaiting.append(AwaitingNames.of(Syntax(body)))
        findEarly(
            body.statements, type: node.signature.returnClause?.type)
        return .visitChildren
    }

    override func visitPost(_ node: FunctionDeclSyntax) {
        guard Deciding.decides(node), node.body != nil, !isLeftOut(node.name.text) else { return }
        scopes.removeLast()
        awaiting.removeLast()
    }

    /// Members: computed ones and constants of the type decide, first values of an instance do not.
    override func visit(_ node: VariableDeclSyntax) -> SyntaxVisitorContinueKind {
        let isMember = node.parent?.is(MemberBlockItemSyntax.self) ?? false
        let isGlobal = node.parent?.parent?.parent?.is(SourceFileSyntax.self) ?? false
        guard isMember || isGlobal else { return .visitChildren }
        let isStatic = node.modifiers.contains { $0.name.text == "static" }
        let isConstant = node.bindingSpecifier.text == "let"
        for binding in node.bindings where Deciding.decides(binding) {
            let name = binding.pattern.trimmedDescription
            if isLeftOut(name) { continue }
            scopes.append(name)
            awaiting.append(binding.accessorBlock.map { AwaitingNames.of(Syntax($0)) } ?? [])
            if let accessors = binding.accessorBlock {
                if case .getter(let statements) = accessors.accessors, let type = binding.typeAnnotation?.type
                {
                    findEarly(statements, type: type)
                }
                walk(accessors)
            } else if isConstant, isStatic || isGlobal, let value = binding.initializer {
                walk(value)
            }
            scopes.removeLast()
            awaiting.removeLast()
        }
        return .skipChildren
    }

    // MARK: Conditions

    override func visit(_ node: IfExprSyntax) -> SyntaxVisitorContinueKind {
        findConditions(node.conditions, isGuard: false)
        return .visitChildren
    }

    override func visit(_ node: GuardStmtSyntax) -> SyntaxVisitorContinueKind {
        findConditions(node.conditions, isGuard: true)
        return .visitChildren
    }

    override func visit(_ node: WhileStmtSyntax) -> SyntaxVisitorContinueKind {
        findConditions(node.conditions, isGuard: false)
        return .visitChildren
    }

    override func visit(_ node: RepeatStmtSyntax) -> SyntaxVisitorContinueKind {
        negate(node.condition)
        return .visitChildren
    }

    override func visit(_ node: TernaryExprSyntax) -> SyntaxVisitorContinueKind {
        negate(node.condition)
        return .visitChildren
    }

    override func visit(_ node: WhereClauseSyntax) -> SyntaxVisitorContinueKind {
        negate(node.condition)
        takeOut(node.condition)
        return .visitChildren
    }

    // MARK: Operators

    override func visit(_ node: InfixOperatorExprSyntax) -> SyntaxVisitorContinueKind {
        if let binary = node.operator.as(BinaryOperatorExprSyntax.self) {
            findOperator(node, binary.operator)
        }
        return .visitChildren
    }

    // MARK: Constants

    override func visit(_ node: BooleanLiteralExprSyntax) -> SyntaxVisitorContinueKind {
        add(
            .constant, node, prefix: "mutantFlips(#, ", suffix: ")",
            to: node.literal.text == "true" ? "false" : "true", original: around(node))
        return .skipChildren
    }

    override func visit(_ node: IntegerLiteralExprSyntax) -> SyntaxVisitorContinueKind {
        guard let value = Int(node.literal.text.filter { $0 != "_" }) else { return .skipChildren }
        let others = value < 100 ? [value + 1, value - 1] : [value * 10, value / 10]
        for other in others where other >= 0 {
            add(
                .constant, node, prefix: "mutantPicks(#, \(other), ", suffix: ")", to: "\(other)",
                original: around(node))
        }
        return .skipChildren
    }

    // MARK: Statements

    override func visit(_ node: CodeBlockItemSyntax) -> SyntaxVisitorContinueKind {
        if case .expr(let statement) = node.item { findStatement(node, statement) }
        if case .stmt(let statement) = node.item { findExit(node, statement) }
        return .visitChildren
    }
}

/// Names that are declared without a value: their first assignment can't be left out.
private final class AwaitingNames: SyntaxVisitor {
    private var names: Set<String> = []

    static func of(_ body: Syntax) -> Set<String> {
        let visitor = AwaitingNames(viewMode: .sourceAccurate)
        visitor.walk(body)
        return visitor.names
    }

    override func visit(_ node: VariableDeclSyntax) -> SyntaxVisitorContinueKind {
        for binding in node.bindings where binding.initializer == nil && binding.accessorBlock == nil {
            names.insert(binding.pattern.trimmedDescription)
        }
        return .visitChildren
    }
}
