import { ESLintUtils } from '@typescript-eslint/utils';
import ts from 'typescript';

/**
 * A plain object that is indexed by any string answers `constructor`, `toString` and `__proto__` too. This rule finds
 * `table[word]`, `word in table`, `const { [word]: value } = table` and `Reflect.get(table, word)` where the type of
 * `word` is no literal. A Map, `ownValue` (workflows/contract/own-value.ts) and Object.hasOwn answer for own keys only.
 */
export const noWordAsKey = ESLintUtils.RuleCreator.withoutDocs({
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      word: '{{key}} can be any word, such as "constructor": use a Map, or ownValue(table, word).',
    },
  },
  defaultOptions: [],
  create(context) {
    const services = ESLintUtils.getParserServices(context);
    const checker = services.program.getTypeChecker();
    const typeOf = (node) => services.getTypeAtLocation(node);

    const check = (node, table, key) => {
      const words = key.type === 'TSAsExpression' ? key.expression : key;
      if (!isAnyString(typeOf(words), checker) || !isPlainObject(typeOf(table), checker)) return;
      context.report({ node, messageId: 'word', data: { key: context.sourceCode.getText(key) } });
    };

    return {
      MemberExpression: (node) => {
        const removed = node.parent.type === 'UnaryExpression' && node.parent.operator === 'delete';
        if (node.computed && !removed) check(node, node.object, node.property);
      },
      BinaryExpression: (node) => {
        if (node.operator === 'in' && node.left.type !== 'PrivateIdentifier')
          check(node, node.right, node.left);
      },
      'CallExpression[callee.object.name="Reflect"][arguments.length>1]': (node) =>
        check(node, node.arguments[0], node.arguments[1]),
      ObjectPattern: (node) => {
        for (const property of node.properties)
          if (property.type === 'Property' && property.computed) check(property, node, property.key);
      },
    };
  },
});

/** `string`, a branded string and `${string}…`; no literal, no union of literals, no number. */
function isAnyString(type, checker) {
  const bound = type.isTypeParameter() ? (checker.getBaseConstraintOfType(type) ?? type) : type;
  if (bound.isUnion() || bound.isIntersection())
    return bound.types.some((part) => isAnyString(part, checker));
  return (
    (bound.flags & (ts.TypeFlags.String | ts.TypeFlags.TemplateLiteral | ts.TypeFlags.StringMapping)) !== 0
  );
}

/** Not an array, whose members are asked for by number; `any` is left to no-unsafe-member-access. */
function isPlainObject(type, checker) {
  const bare = checker.getNonNullableType(checker.getBaseConstraintOfType(type) ?? type);
  if (bare.isUnion()) return bare.types.some((part) => isPlainObject(part, checker));
  const isObject =
    (bare.flags & (ts.TypeFlags.Object | ts.TypeFlags.NonPrimitive)) !== 0 || bare.isIntersection();
  return isObject && !checker.isArrayType(bare) && !checker.isTupleType(bare);
}
