// In mongosh or the older mongo: every index but _id of each collection. Views have none. What cannot be dropped does not keep
// the others from it, and is told at the end.
const failed = [];
for (const { name } of db.getCollectionInfos({ type: 'collection' })) {
  if (name.startsWith('system.')) continue;
  try {
    db.getCollection(name).dropIndexes();
    print('dropped the indexes of ' + name);
  } catch (error) {
    failed.push(name + ': ' + error.message);
  }
}
failed.forEach((line) => print('error: ' + line));
quit(failed.length === 0 ? 0 : 1);
