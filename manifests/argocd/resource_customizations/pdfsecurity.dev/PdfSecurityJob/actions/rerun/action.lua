-- The spec of a job is immutable, and a job runs once: running it again is another job of the same
-- spec. The API server gives it a name that is free.

-- Lua knows one empty table, and Argo CD writes it as a list. These fields are lists; any other that
-- is empty is an object, such as `sanitize: {}`, and gets a field that the definition does not know:
-- the API server drops it as it reads the job.
local lists = {linkHosts = true, texts = true, patterns = true, areas = true}

local function copy(value, name)
  if type(value) ~= "table" then
    return value
  end
  local copied = {}
  for key, each in pairs(value) do
    copied[key] = copy(each, key)
  end
  if next(value) == nil and not lists[name] then
    copied["emptyObject"] = true
  end
  return copied
end

local job = {}
job.apiVersion = obj.apiVersion
job.kind = obj.kind
job.metadata = {}
job.metadata.generateName = obj.metadata.name .. "-"
job.metadata.namespace = obj.metadata.namespace

-- Argo CD neither prunes nor compares what has an owner; it shows it beneath it, and it goes with
-- it. So nothing is copied by which it would take the new job for one of Git's.
local owner = {}
owner.apiVersion = obj.apiVersion
owner.kind = obj.kind
owner.name = obj.metadata.name
owner.uid = obj.metadata.uid
job.metadata.ownerReferences = {owner}

job.spec = copy(obj.spec, "spec")
-- It is run because somebody wants it to run.
job.spec.suspend = nil

return {{operation = "create", resource = job}}
